package authtest

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// The user that every server knows unless [Config].Users says otherwise.
const (
	DefaultUser     = "alice"
	DefaultPassword = "wonderland"
)

// Rotation says which refresh token the answer to a refresh carries.
type Rotation string

// The kinds of [Rotation].
const (
	Rotate             Rotation = ""       // a new one; the old one is spent (RFC 9700, section 4.14)
	RepeatRefreshToken Rotation = "repeat" // the one that was presented, which stays good
	OmitRefreshToken   Rotation = "omit"   // none; the presented one stays good (RFC 6749, section 6)
	BlankRefreshToken  Rotation = "blank"  // an empty string; the presented one stays good
)

// Shape is the form of the answer to POST /auth/refresh.
type Shape string

// The kinds of [Shape].
const (
	ObjectShape Shape = ""       // {"accessToken": …, "refreshToken": …, "expiresIn": …}
	StringShape Shape = "string" // the access token alone, as a JSON string
	TextShape   Shape = "text"   // the access token alone, as plain text
)

// ExpiresIn is the form of the lifetime in token answers.
type ExpiresIn string

// The kinds of [ExpiresIn]. All but the first and the last were seen on real servers.
const (
	ExpiresInSeconds     ExpiresIn = ""            // 300
	ExpiresInString      ExpiresIn = "string"      // "300"
	ExpiresInAbsent      ExpiresIn = "absent"      // no such member
	ExpiresInNull        ExpiresIn = "null"        // null
	ExpiresInNanoseconds ExpiresIn = "nanoseconds" // 300000000000
	ExpiresInNegative    ExpiresIn = "negative"    // -300
	ExpiresInHuge        ExpiresIn = "huge"        // 1e300
)

// Config describes a [Server]. The zero value is a strict provider: signed access tokens that live
// five minutes, refresh tokens that rotate and whose reuse ends the session.
//
// The fields of the first block are fixed when the server starts; all others can be changed while
// it runs, by [Server.Reconfigure].
type Config struct {
	// Addr is the TCP address to listen on. Default "127.0.0.1:0", a free port.
	Addr string
	// InMemory serves without a socket: only [Server.Transport] and [Server.Client] reach the
	// server. With it the server works inside a [testing/synctest] bubble.
	InMemory bool
	// Control opens the endpoints under /_control to anyone who can reach the server.
	Control bool
	// Issuer is the iss claim and the base of the metadata. Default: the server's URL.
	Issuer string
	// Algorithm signs the access tokens: "ES256" (default), "RS256" or "EdDSA".
	Algorithm string

	// OnEvent is called with every event as it happens, from the goroutine that caused it. It must
	// not call [Server.Close]. Default: none.
	OnEvent func(Event)
	// Users are the names and passwords that can log in. Default: [DefaultUser] alone.
	Users Secrets
	// Clients are the OAuth client ids and secrets that /oauth accepts; a public client has the
	// secret "". Default: client authentication is not asked for.
	Clients Secrets

	// AccessTTL is the life of an access token. Default 5 minutes.
	AccessTTL time.Duration
	// RefreshTTL is the life of a refresh token. Default 24 hours.
	RefreshTTL time.Duration
	// ClockOffset is how far the server's clock is ahead of the local one: the Date header, iat and
	// exp are shifted by it. Negative: behind.
	ClockOffset time.Duration

	// Rotation says which refresh token a refresh answers with. Default [Rotate].
	Rotation Rotation
	// ReuseGrace is how long a spent refresh token is still answered, with the pair it was
	// exchanged for. Default 0: a second use is reuse.
	ReuseGrace time.Duration
	// GraceMints makes a use within ReuseGrace mint a further pair instead of repeating the first.
	GraceMints bool
	// ReuseKeepsSession refuses a reused refresh token without ending the session.
	ReuseKeepsSession bool
	// ExpireOnRefresh ends the session's earlier access tokens at every refresh.
	ExpireOnRefresh bool
	// OpaqueTokens mints random strings in place of JWTs.
	OpaqueTokens bool
	// RepeatAccessToken answers a refresh with the session's last access token, made good again.
	RepeatAccessToken bool

	// Shape is the form of the answer to POST /auth/refresh. Other shapes than [ObjectShape] have no
	// room for a refresh token, so that the presented one stays good.
	Shape Shape
	// AccessField, RefreshField and ExpiresField name the members of the REST answers.
	// Default "accessToken", "refreshToken" and "expiresIn".
	AccessField, RefreshField, ExpiresField string
	// RefreshStatus is the status of a granted POST /auth/refresh. Default 201.
	RefreshStatus int
	// ExpiresIn is the form of the lifetime in token answers. Default [ExpiresInSeconds].
	ExpiresIn ExpiresIn

	// ExpiredStatus is the API's answer to an access token that is expired, revoked or unknown.
	// Default 401.
	ExpiredStatus int
	// ExpiredBody is the body of that answer. Default {"message":"Invalid JWT"}, or [] if
	// ExpiredStatus is a success.
	ExpiredBody string
	// OmitChallenge leaves out the WWW-Authenticate header (RFC 6750, section 3).
	OmitChallenge bool
	// RejectScope, if not 0, is the status with which the API answers every good access token,
	// with the error insufficient_scope (RFC 6750, section 3.1).
	RejectScope int
	// RefusedStatus is the answer to a refresh token that is no good. Default: 401 from
	// /auth/refresh, 400 from /oauth/token.
	RefusedStatus int
	// RefusedBody is the body of that answer. Default {"message":"Invalid refresh token"} from
	// /auth/refresh, an invalid_grant error (RFC 6749, section 5.2) from /oauth/token.
	RefusedBody string
	// TokenRedirect, if not "", is an absolute URL to which every refresh is redirected.
	TokenRedirect string
	// RedirectStatus is the status of that redirect. Default 307.
	RedirectStatus int
}

// withDefaults returns the configuration with every zero value that has a default replaced, and
// its maps copied.
func (c Config) withDefaults() Config {
	c.Addr = cmp.Or(c.Addr, "127.0.0.1:0")
	c.Algorithm = cmp.Or(c.Algorithm, "ES256")
	if c.Users == nil {
		c.Users = Secrets{DefaultUser: DefaultPassword}
	}
	c.Users, c.Clients = maps.Clone(c.Users), maps.Clone(c.Clients)
	c.AccessTTL = cmp.Or(c.AccessTTL, 5*time.Minute)
	c.RefreshTTL = cmp.Or(c.RefreshTTL, 24*time.Hour)
	c.AccessField = cmp.Or(c.AccessField, "accessToken")
	c.RefreshField = cmp.Or(c.RefreshField, "refreshToken")
	c.ExpiresField = cmp.Or(c.ExpiresField, "expiresIn")
	c.RefreshStatus = cmp.Or(c.RefreshStatus, http.StatusCreated)
	c.ExpiredStatus = cmp.Or(c.ExpiredStatus, http.StatusUnauthorized)
	c.RedirectStatus = cmp.Or(c.RedirectStatus, http.StatusTemporaryRedirect)
	return c
}

// validate returns everything that is wrong with the configuration, defaults applied.
func (c Config) validate() error {
	var errs []error
	report := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf("authtest: "+format, args...))
		}
	}
	for _, d := range []struct {
		name  string
		value time.Duration
	}{{"AccessTTL", c.AccessTTL}, {"RefreshTTL", c.RefreshTTL}, {"ReuseGrace", c.ReuseGrace}} {
		report(d.value < 0, "%s is %v; it must not be negative", d.name, d.value)
	}
	for _, s := range []struct {
		name  string
		value int
	}{
		{"RefreshStatus", c.RefreshStatus},
		{"ExpiredStatus", c.ExpiredStatus},
		{"RejectScope", cmp.Or(c.RejectScope, http.StatusForbidden)},
		{"RefusedStatus", cmp.Or(c.RefusedStatus, http.StatusUnauthorized)},
	} {
		report(s.value < 200 || s.value > 599, "%s is %d; use a final status, 200 to 599", s.name, s.value)
	}
	report(c.RedirectStatus < 300 || c.RedirectStatus > 399, "RedirectStatus is %d; use 300 to 399", c.RedirectStatus)
	if c.TokenRedirect != "" {
		u, err := url.Parse(c.TokenRedirect)
		report(err != nil || !u.IsAbs() || u.Host == "", "TokenRedirect is no absolute URL")
	}
	report(!oneOf(c.Algorithm, "ES256", "RS256", "EdDSA"), "Algorithm %q is unknown; use ES256, RS256 or EdDSA", c.Algorithm)
	report(!oneOf(c.Rotation, Rotate, RepeatRefreshToken, OmitRefreshToken, BlankRefreshToken),
		"Rotation %q is unknown; use repeat, omit, blank or nothing", c.Rotation)
	report(!oneOf(c.Shape, ObjectShape, StringShape, TextShape), "Shape %q is unknown; use string, text or nothing", c.Shape)
	report(!oneOf(c.ExpiresIn, ExpiresInSeconds, ExpiresInString, ExpiresInAbsent, ExpiresInNull,
		ExpiresInNanoseconds, ExpiresInNegative, ExpiresInHuge),
		"ExpiresIn %q is unknown; use string, absent, null, nanoseconds, negative, huge or nothing", c.ExpiresIn)
	return errors.Join(errs...)
}

// oneOf tells whether v is among the allowed values.
func oneOf[T comparable](v T, allowed ...T) bool { return slices.Contains(allowed, v) }

// fixedChange names the first fixed field that differs in next, "" if none does.
func (c *Config) fixedChange(next *Config) string {
	switch {
	case c.Addr != next.Addr:
		return "Addr"
	case c.InMemory != next.InMemory:
		return "InMemory"
	case c.Control != next.Control:
		return "Control"
	case c.Issuer != next.Issuer:
		return "Issuer"
	case c.Algorithm != next.Algorithm:
		return "Algorithm"
	}
	return ""
}
