package authtest

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"time"
)

// TokenPair is what a login or a refresh gives a client. It prints redacted under every verb of
// [fmt], in [log/slog] and as JSON; read the fields to use them.
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
