package authtest

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
)

// redacted stands wherever a secret would be printed.
const redacted = "[redacted]"

// Secrets maps names to secrets: users to passwords, OAuth clients to client secrets.
// A map[string]string literal can be assigned to it. It prints the names only, under every verb
// of [fmt], in [log/slog] and as JSON.
type Secrets map[string]string

// masked returns the map with every secret replaced.
func (s Secrets) masked() map[string]string {
	m := make(map[string]string, len(s))
	for name := range s {
		m[name] = redacted
	}
	return m
}

// Format prints the names, never the secrets.
func (s Secrets) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "Secrets%q", slices.Sorted(maps.Keys(s)))
}

// LogValue logs the names, never the secrets.
func (s Secrets) LogValue() slog.Value { return slog.AnyValue(s.masked()) }

// MarshalJSON encodes the names with their secrets masked.
func (s Secrets) MarshalJSON() ([]byte, error) { return json.Marshal(s.masked()) }
