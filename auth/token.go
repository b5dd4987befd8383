package auth

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"
	"unicode/utf8"

	"golang.org/x/oauth2"

	"github.com/chatelaine-go/chatelaine/internal/challenge"
)

// Token is what a server gave a client to act for a user (RFC 6749 §5.1).
//
// It shows neither token under any verb of fmt, in log/slog, or as JSON; read the fields to use them, or convert with
// OAuth2. (Package fmt calls no methods in unexported fields of a struct: give a struct of yours that holds a
// Token in one a String method.) It can be decoded from the JSON of RFC 6749.
type Token struct {
	AccessToken  string `json:"access_token"`            // opaque; often a JWT
	RefreshToken string `json:"refresh_token,omitempty"` // empty if the server gave none
	TokenType    string `json:"token_type,omitempty"`    // empty means Bearer
	// Expiry is when the access token ends, by the local wall clock. Zero: not known, so only a 401 tells.
	Expiry time.Time `json:"expiry,omitzero"`
}

// FromOAuth2 converts from the type of golang.org/x/oauth2. A nil token is the zero Token.
func FromOAuth2(t *oauth2.Token) Token {
	if t == nil {
		return Token{}
	}
	return Token{AccessToken: t.AccessToken, RefreshToken: t.RefreshToken, TokenType: t.TokenType, Expiry: t.Expiry}
}

// OAuth2 converts to the type of golang.org/x/oauth2.
func (t Token) OAuth2() *oauth2.Token {
	return &oauth2.Token{
		AccessToken: t.AccessToken, RefreshToken: t.RefreshToken, TokenType: t.TokenType, Expiry: t.Expiry,
	}
}

// String says what is there, not what it is.
func (t Token) String() string {
	s := "Token{access: " + presence(t.AccessToken) + ", refresh: " + presence(t.RefreshToken)
	if !t.Expiry.IsZero() {
		s += ", expiry: " + t.Expiry.Format(time.RFC3339)
	}
	return s + "}"
}

// GoString is String with the name of the package.
func (t Token) GoString() string { return "auth." + t.String() }

// Format prints String, or GoString for %#v, whatever the verb.
func (t Token) Format(f fmt.State, verb rune) {
	if verb == 'v' && f.Flag('#') {
		printMasked(f, t.GoString())
		return
	}
	printMasked(f, t.String())
}

// LogValue is what package log/slog shows.
func (t Token) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("access", presence(t.AccessToken)),
		slog.String("refresh", presence(t.RefreshToken)),
		slog.Time("expiry", t.Expiry),
	)
}

// MarshalJSON encodes what LogValue shows: a Token that is part of something else gets into logs that way. The session's own
// store is Config.Store; OAuth2 returns a type that encodes in the clear.
func (t Token) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Access  string    `json:"access"`
		Refresh string    `json:"refresh"`
		Expiry  time.Time `json:"expiry,omitzero"`
	}{presence(t.AccessToken), presence(t.RefreshToken), storable(t.Expiry)})
}

// check tells whether the token can be stored, and sent in a header.
func (t Token) check(inHeader bool) error {
	switch {
	case t.AccessToken == "" && t.RefreshToken == "":
		return errors.New("auth: Login needs a token")
	case !utf8.ValidString(t.AccessToken) || !utf8.ValidString(t.RefreshToken):
		return errors.New("auth: the tokens must be text; encode binary ones")
	case inHeader && t.AccessToken != "" && !headerSafe(t.AccessToken):
		return errors.New("auth: a header cannot carry the access token: it has spaces or control characters in it")
	default:
		return nil
	}
}

// scheme is the authentication scheme to send the token with. Servers write "bearer" in every casing, and read it so.
func (t Token) scheme() string {
	if !challenge.IsToken(t.TokenType) {
		return "Bearer"
	}
	return t.OAuth2().Type()
}

// storable returns the time in a form that can be encoded as JSON and read back: without the monotonic reading, so that
// time asleep counts, and zero if it is absurd.
func storable(at time.Time) time.Time {
	at = at.Round(0).UTC()
	if at.Year() < 1 || at.Year() > 9999 {
		return time.Time{}
	}
	return at
}
