package authtest

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"time"
)

// redacted stands wherever a secret would be printed.
const redacted = "REDACTED"

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

// TokenPair is the result of a login or a refresh. It prints redacted under every verb of [fmt], in
// [log/slog] and as JSON; read the fields to use them.
type TokenPair struct {
	AccessToken  string    // for the header Authorization: Bearer
	RefreshToken string    // for one refresh
	Expiry       time.Time // of the access token, by the local clock
}

// Format prints the expiry, never the tokens.
func (p TokenPair) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "TokenPair{"+redacted+", expires "+p.Expiry.Format(time.RFC3339)+"}")
}

// LogValue logs the expiry, never the tokens.
func (p TokenPair) LogValue() slog.Value {
	return slog.GroupValue(slog.String("tokens", redacted), slog.Time("expiry", p.Expiry))
}

// MarshalJSON encodes the expiry, never the tokens.
func (p TokenPair) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]any{"tokens": redacted, "expiry": p.Expiry})
}
