package auth

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/oauth2"

	"github.com/chatelaine-go/chatelaine/auth/internal/record"
	"github.com/chatelaine-go/chatelaine/auth/internal/tokens"
	"github.com/chatelaine-go/chatelaine/internal/challenge"
)

// Token is what a server gave a client to act for a user (RFC 6749, section 5.1).
//
// Formatting a Token with fmt, log/slog or encoding/json reveals no secret. Read its fields, or
// convert it with OAuth2, to use them. (Package fmt calls no methods in unexported fields of a
// struct: give a struct of yours that holds a Token in one a String method.) It can be decoded from
// the JSON of RFC 6749; for a response of a server use [ParseToken]. The zero value holds no token.
type Token struct {
	AccessToken  string // opaque; often a JWT
	RefreshToken string // empty if the server gave none
	TokenType    string // empty means Bearer
	// Expiry is when the access token ends, by the local wall clock. If zero, the expiry is unknown
	// and only a 401 reveals it.
	Expiry time.Time
	// Scope is what the token may be used for, words separated by spaces. Empty: as it was asked
	// for.
	Scope string
	// IDToken is the ID token of OpenID Connect, not verified. It can be given to a server to log
	// out.
	IDToken string
	// Extra holds the other members of the response, as package encoding/json decodes them; up to
	// 64 KiB of JSON. They are stored with the session and may be secrets. Do not change the map of
	// a Token that a session has.
	Extra map[string]any
	// ProofKey is the private key that the token is bound to (PKCS #8), for a token of the type
	// DPoP; see Config.Prover. It is stored with the session, and goes nowhere else.
	ProofKey []byte
}

// FromOAuth2 converts from the type of golang.org/x/oauth2, with scope and id_token. That type does
// not list its other members, so name those that are to go into Extra. A nil token is the zero
// Token.
func FromOAuth2(t *oauth2.Token, extra ...string) Token {
	if t == nil {
		return Token{}
	}
	own := Token{AccessToken: t.AccessToken, RefreshToken: t.RefreshToken, TokenType: t.TokenType, Expiry: t.Expiry}
	own.Scope, _ = t.Extra("scope").(string)
	own.IDToken, _ = t.Extra("id_token").(string)
	for _, name := range extra {
		if v := t.Extra(name); v != nil {
			if own.Extra == nil {
				own.Extra = make(map[string]any)
			}
			own.Extra[name] = v
		}
	}
	return own
}

// OAuth2 converts to the type of golang.org/x/oauth2. Its method Extra returns the members of
// Extra, and scope and id_token.
func (t Token) OAuth2() *oauth2.Token {
	o := &oauth2.Token{
		AccessToken: t.AccessToken, RefreshToken: t.RefreshToken, TokenType: t.TokenType, Expiry: t.Expiry,
	}
	if t.Scope == "" && t.IDToken == "" && len(t.Extra) == 0 {
		return o
	}
	all := make(map[string]any, len(t.Extra)+2)
	maps.Copy(all, t.Extra)
	if t.Scope != "" {
		all["scope"] = t.Scope
	}
	if t.IDToken != "" {
		all["id_token"] = t.IDToken
	}
	return o.WithExtra(all)
}

// String reports which tokens are present, without their values.
func (t Token) String() string {
	s := "Token{access: " + redactedOrNone(t.AccessToken) + ", refresh: " + redactedOrNone(t.RefreshToken)
	if t.IDToken != "" {
		s += ", id: " + masked
	}
	if len(t.Extra) > 0 {
		s += ", extra: " + masked
	}
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

// LogValue returns the redacted form that package log/slog shows.
func (t Token) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("access", redactedOrNone(t.AccessToken)),
		slog.String("refresh", redactedOrNone(t.RefreshToken)),
		slog.Time("expiry", t.Expiry),
	)
}

// MarshalJSON encodes the redacted form that LogValue returns, because a Token inside another value
// may be logged as JSON. To store a session there is Config.Store; OAuth2 returns a type that
// encodes in the clear.
func (t Token) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Access  string    `json:"access"`
		Refresh string    `json:"refresh"`
		Expiry  time.Time `json:"expiry,omitzero"`
	}{redactedOrNone(t.AccessToken), redactedOrNone(t.RefreshToken), record.NormalizeTime(t.Expiry)})
}

// UnmarshalJSON decodes the JSON of RFC 6749, section 5.1, in the forms that [ParseToken] knows;
// expires_in counts from now. A member expiry in the form of RFC 3339 is taken unchanged. Unlike
// ParseToken it accepts an object without an access token.
func (t *Token) UnmarshalJSON(data []byte) error {
	parsed, ok := tokens.ParseObject(data, time.Now())
	if !ok {
		return errors.New("auth: a token is a JSON object with at most 1,000 members")
	}
	*t = Token(parsed)
	return nil
}

// check reports what keeps the token from being stored, or from being sent in a header.
func (t Token) check(inHeader bool) error {
	switch {
	case t.AccessToken == "" && t.RefreshToken == "":
		return errors.New("auth: Login needs a token")
	case !utf8.ValidString(t.AccessToken) || !utf8.ValidString(t.RefreshToken):
		return errors.New("auth: the tokens must be text; encode binary ones")
	case inHeader && t.AccessToken != "" && !tokens.HeaderSafe(t.AccessToken):
		return errors.New("auth: a header cannot carry the access token: it has spaces or control characters in it")
	default:
		return nil
	}
}

// scheme is the authentication scheme to send the token with. Servers write "bearer" in every case,
// and read it so.
func (t Token) scheme() string {
	switch {
	case !challenge.IsToken(t.TokenType):
		return "Bearer"
	case strings.EqualFold(t.TokenType, "DPoP"):
		return "DPoP"
	}
	return (&oauth2.Token{TokenType: t.TokenType}).Type()
}
