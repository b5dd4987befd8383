package authtest

import (
	"cmp"
	"maps"
	"net/http"
	"time"
)

// The user that every server knows unless [Config].Users says otherwise.
const (
	DefaultUser     = "alice"
	DefaultPassword = "wonderland"
)

// Config describes a [Server]. The zero value is a strict provider: signed access tokens that live
// five minutes, refresh tokens that rotate and whose reuse ends the session.
//
// The fields of the first block, down to Issuer, are fixed when the server starts; all others can
// be changed while it runs, by [Server.Reconfigure]. Maps are copied. A Config prints without its
// secrets.
type Config struct {
	// Addr is the TCP address to listen on. Default "127.0.0.1:0", a free port. Not used in memory.
	Addr string
	// InMemory serves without a socket: only [Server.Transport] and [Server.Client] reach the
	// server. With it the server works inside a [testing/synctest] bubble.
	InMemory bool
	// Issuer is the iss claim and the base of the metadata. Default: the server's URL.
	Issuer string

	// OnEvent is called with every event when it has happened, by the goroutine that caused it,
	// concurrently. It must not call [Server.Close]. Default: none.
	OnEvent func(Event)
	// Users are the names and passwords that can log in. Default: [DefaultUser] with
	// [DefaultPassword]; an empty map lets nobody in.
	Users Secrets
	// Clients are the OAuth client ids and secrets that /oauth accepts; a public client has the
	// secret "". A session belongs to the client that opened it (RFC 6749, section 6). Default:
	// client authentication is not asked for.
	Clients Secrets

	// AccessTTL is the life of an access token. Default 5 minutes. It is exact to the nanosecond;
	// the exp claim and expires_in tell it in whole seconds.
	AccessTTL time.Duration
	// RefreshTTL is the life of a refresh token. Default 24 hours.
	RefreshTTL time.Duration
	// ClockOffset is how foreign the server's clock is ahead of the local one: the Date header, iat and
	// exp are shifted by it. Negative: behind. A change makes the tokens that exist older or
	// younger, as it would on a real server.
	ClockOffset time.Duration

	// Rotation says which refresh token a refresh answers with. Default [Rotate].
	Rotation Rotation
	// ReuseGrace is how long a spent refresh token is still answered, with the pair it was
	// exchanged for, unless that is spent, too. Default 0: a second use is reuse.
	ReuseGrace time.Duration
	// GraceMints makes a use within ReuseGrace issuePair a further pair instead of repeating the first.
	GraceMints bool
	// ReuseKeepsSession refuses a reused refresh token without ending the session.
	ReuseKeepsSession bool
	// ExpireOnRefresh ends the session's earlier access tokens at every refresh.
	ExpireOnRefresh bool
	// OpaqueTokens mints random strings in place of JWTs.
	OpaqueTokens bool
	// RepeatAccessToken answers a refresh with the session's last access token, made good again.
	// The exp claim of a JWT stays what it was.
	RepeatAccessToken bool

	// Shape is the form of the answer to POST /auth/refresh. Other shapes than [ObjectShape] have no
	// room for a refresh token, so that the presented one stays good.
	Shape Shape
	// AccessField, RefreshField and ExpiresField name the members of the REST answers.
	// Default "accessToken", "refreshToken" and "expiresIn". RefreshField is that of requests, too.
	AccessField, RefreshField, ExpiresField string
	// RefreshStatus is the status of a granted POST /auth/refresh. Default 201.
	RefreshStatus int
	// ExpiresIn is the form of the lifetime in token answers. Default [ExpiresInSeconds].
	ExpiresIn ExpiresIn

	// ExpiredStatus is the API's answer to an access token that is expired, revoked or unknown.
	// Default 401.
	ExpiredStatus int
	// ExpiredBody is the body of that answer. Default {"message":"Invalid JWT"}, or [] if
	// ExpiredStatus is below 300.
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
func (c *Config) withDefaults() Config {
	d := *c
	d.Addr = cmp.Or(d.Addr, "127.0.0.1:0")
	if d.Users == nil {
		d.Users = Secrets{DefaultUser: DefaultPassword}
	}
	d.Users, d.Clients = maps.Clone(d.Users), maps.Clone(d.Clients)
	d.AccessTTL = cmp.Or(d.AccessTTL, 5*time.Minute)
	d.RefreshTTL = cmp.Or(d.RefreshTTL, 24*time.Hour)
	d.AccessField = cmp.Or(d.AccessField, "accessToken")
	d.RefreshField = cmp.Or(d.RefreshField, "refreshToken")
	d.ExpiresField = cmp.Or(d.ExpiresField, "expiresIn")
	d.RefreshStatus = cmp.Or(d.RefreshStatus, http.StatusCreated)
	d.ExpiredStatus = cmp.Or(d.ExpiredStatus, http.StatusUnauthorized)
	d.RedirectStatus = cmp.Or(d.RedirectStatus, http.StatusTemporaryRedirect)
	return d
}
