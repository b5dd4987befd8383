package authtest

import (
	"cmp"
	"crypto"
	"maps"
	"net/http"
	"slices"
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
// be changed while it runs, by [Server.Reconfigure]. Maps and slices are copied. A Config prints
// without its secrets.
type Config struct {
	// Addr is the TCP address to listen on. Default "127.0.0.1:0", a free port. Not used in memory.
	Addr string
	// InMemory serves without a socket: only [Server.Transport] and [Server.Client] reach the
	// server. With it the server works inside a [testing/synctest] bubble.
	InMemory bool
	// Issuer is the iss claim and the base of the endpoints in the metadata. Default: the server's
	// URL.
	Issuer string

	// OnEvent is called with every event after it has happened, by the goroutine that caused it,
	// concurrently. It must not call [Server.Close]. Default: none.
	OnEvent func(Event)
	// Users are the names and passwords that can log in. Default: [DefaultUser] with
	// [DefaultPassword]; with an empty map no password is accepted.
	Users Secrets
	// BrowserUser is the user who is signed in at the authorization endpoint and agrees to every
	// request there, known or not. Default [DefaultUser].
	BrowserUser string
	// DenyAuthorization lets the user refuse instead: access_denied.
	DenyAuthorization bool

	// Clients are the OAuth client ids and secrets that /oauth accepts; a public client has the
	// secret "". A session belongs to the client that opened it (RFC 6749, section 6). Default:
	// client authentication is not required.
	Clients Secrets
	// ClientKeys are the public keys of OAuth clients that authenticate with a signed assertion
	// (private_key_jwt, RFC 7523), by client id: an *[ecdsa.PublicKey] on P-256, an
	// [ed25519.PublicKey] or an *[rsa.PublicKey].
	ClientKeys map[string]crypto.PublicKey
	// ClientAuth restricts how clients with a secret authenticate. Default: in either way.
	ClientAuth ClientAuth
	// RedirectURIs are accepted beside loopback addresses, which are good with any port (RFC 8252,
	// section 7.3).
	RedirectURIs []string
	// RequirePAR refuses authorization requests that were not pushed (RFC 9126).
	RequirePAR bool
	// OmitIss leaves iss out of authorization responses (RFC 9207).
	OmitIss bool
	// DeviceInterval is how long a device must wait between its polls (RFC 8628). Default 5 s.
	DeviceInterval time.Duration
	// DPoP says whether sessions must be bound to a key. Default [DPoPAccepted].
	DPoP DPoP
	// DPoPNonce requires the current nonce in every proof (RFC 9449, section 8).
	// [Server.RotateNonce] makes it stale.
	DPoPNonce bool

	// AccessTTL is the life of an access token. Default 5 minutes. It is exact to the nanosecond;
	// the exp claim and expires_in are in whole seconds.
	AccessTTL time.Duration
	// RefreshTTL is the life of a refresh token. Default 24 hours.
	RefreshTTL time.Duration
	// ClockOffset is how far the server's clock is ahead of the local one: the Date header, iat and
	// exp are shifted by it. Negative: behind. A change makes the existing tokens older or younger,
	// as it would on a real server.
	ClockOffset time.Duration

	// Rotation says which refresh token the response to a refresh carries. Default [Rotate].
	Rotation Rotation
	// ReuseGrace is how long a spent refresh token still gets the pair that it was exchanged for,
	// unless that is spent, too. Default 0: a second use is reuse.
	ReuseGrace time.Duration
	// GraceMints makes a use within ReuseGrace issue a further pair instead of repeating the first.
	GraceMints bool
	// ReuseKeepsSession refuses a reused refresh token without ending the session.
	ReuseKeepsSession bool
	// ExpireOnRefresh ends the session's earlier access tokens at every refresh.
	ExpireOnRefresh bool
	// OpaqueTokens issues random strings in place of JWTs.
	OpaqueTokens bool
	// RepeatAccessToken responds to a refresh with the session's last access token, made valid
	// again. The exp claim of a JWT stays unchanged.
	RepeatAccessToken bool

	// Shape is the form of the response of POST /auth/refresh. Only [ObjectShape] has room for a
	// refresh token; with the others the presented one stays valid.
	Shape Shape
	// AccessField, RefreshField and ExpiresField name the members of the REST responses. Default
	// "accessToken", "refreshToken" and "expiresIn". RefreshField is also that of requests.
	AccessField, RefreshField, ExpiresField string
	// RefreshStatus is the status of a granted POST /auth/refresh. Default 201.
	RefreshStatus int
	// ExpiresIn is the form of the lifetime in token responses. Default [ExpiresInSeconds].
	ExpiresIn ExpiresIn

	// ErrorDialect is the form of refusals that other providers use. Default [OAuthErrors].
	ErrorDialect ErrorDialect
	// ExpiredStatus is the status with which the API refuses an access token that is expired,
	// revoked or unknown. Default 401; 403 where the ErrorDialect uses that.
	ExpiredStatus int
	// ExpiredBody is the body of that response. Default {"message":"Invalid JWT"}, or [] if
	// ExpiredStatus is below 300.
	ExpiredBody string
	// OmitChallenge leaves out the WWW-Authenticate header (RFC 6750, section 3).
	OmitChallenge bool
	// RejectScope, if not 0, is the status with which the API refuses every valid access token,
	// with the error insufficient_scope (RFC 6750, section 3.1).
	RejectScope int
	// RefusedStatus is the status of a refused refresh token. Default: 401 from /auth/refresh, 400
	// from /oauth/token.
	RefusedStatus int
	// RefusedBody is the body of that response. Default {"message":"Invalid refresh token"} from
	// /auth/refresh, an invalid_grant error (RFC 6749, section 5.2) from /oauth/token.
	RefusedBody string
	// TokenRedirect, if not "", is an absolute URL to which every refresh is redirected.
	TokenRedirect string
	// RedirectStatus is the status of that redirect. Default 307.
	RedirectStatus int
}

// withDefaults returns the configuration with the defaults filled in, and its maps and slices
// copied.
func (c *Config) withDefaults() Config {
	d := *c
	d.Addr = cmp.Or(d.Addr, "127.0.0.1:0")
	if d.Users == nil {
		d.Users = Secrets{DefaultUser: DefaultPassword}
	}
	d.Users, d.Clients, d.ClientKeys = maps.Clone(d.Users), maps.Clone(d.Clients), maps.Clone(d.ClientKeys)
	d.RedirectURIs = slices.Clone(d.RedirectURIs)
	d.BrowserUser = cmp.Or(d.BrowserUser, DefaultUser)
	d.DeviceInterval = cmp.Or(d.DeviceInterval, 5*time.Second)
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
