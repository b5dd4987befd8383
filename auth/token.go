package auth

import (
	"log/slog"
	"time"

	"golang.org/x/oauth2"
)

// Token is what a server gave a client to act for a user (RFC 6749 §5.1).
//
// Printed, logged or marshaled by package log/slog it shows neither token. It marshals to JSON in the clear.
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

// GoString is String, so that %#v shows no token either.
func (t Token) GoString() string { return "auth." + t.String() }

// LogValue is what package log/slog shows.
func (t Token) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("access", presence(t.AccessToken)),
		slog.String("refresh", presence(t.RefreshToken)),
		slog.Time("expiry", t.Expiry),
	)
}

func presence(secret string) string {
	if secret == "" {
		return "none"
	}
	return "[redacted]"
}

// scheme is the authentication scheme to send the token with. Servers write "bearer" in every casing, and read it so.
func (t Token) scheme() string {
	if t.TokenType == "" {
		return "Bearer"
	}
	return (&oauth2.Token{TokenType: t.TokenType}).Type()
}
