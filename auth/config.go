package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/internal/origin"
)

// Config says whose token goes where, and how it is renewed. At least BaseURL or AllowedOrigins is required; the zero value of
// every other field is its default. Its functions are called by many goroutines at once.
type Config struct {
	// BaseURL is what relative requests resolve against; its path comes before theirs. Its origin may see the token.
	// Installed on a resty client that has no base URL, the chain sets this one there.
	BaseURL string
	// AllowedOrigins are further origins ("https://files.example.com:8443") that may see the token; there are no
	// wildcards. No other origin ever sees it, by redirect or otherwise. Hosts are compared in the form that net/http
	// dials, so a host that is not ASCII has to be configured as Punycode ("xn--…"); the error says how it reads.
	AllowedOrigins []string
	// Store keeps the session over restarts and shares it between processes. Nil: it lives in memory only.
	Store Store
	// Account is the key of the session in the store, one for each user or profile. Default "default".
	Account string
	// Refresher gets new tokens: a [JSONRefresher], an [OAuth2Refresher], or yours. A [Minter], such as
	// [ClientCredentials], also makes sessions, so that nobody has to log in. Nil: none; a 401 comes back unchanged.
	Refresher Refresher
	// Revoke tells the server that the session is over (RFC 7009), as far as it can: Logout does not fail when it
	// does. It is called with the token that Logout removed, and with one that came too late to be used, without any
	// lock, for ten seconds at most. Nil: nobody is told. See [OAuth2Revoker] and [JSONRevoker].
	Revoke func(context.Context, Token) error
	// ShouldRefresh tells whether a response to a request that carried the token means that the token is not
	// accepted any more. It sees responses of every status; to look at a body use [interceptor.Response.Peek].
	// See [StatusIn] and [StatusWithMessage].
	// Nil: [Unauthorized].
	ShouldRefresh func(*interceptor.Response) bool
	// SetCredential puts the token on a request, which it may change. Nil: "Authorization: Bearer …" (RFC 6750 §2.1), or
	// another scheme if Token.TokenType says so.
	// An error fails the request before it is sent.
	SetCredential func(*http.Request, Token) error
	// Prover proves the possession of the key that tokens of the type DPoP are bound to (RFC 9449), at the API and at the
	// endpoints of the refreshers and revokers of this package; see package dpop. Nil: there are no proofs.
	Prover Prover
	// AccountIsUser promises that all sessions stored under Account are of one user. Then a login by another
	// process is adopted even if the tokens do not name a user. Without it, only tokens that are JWTs with
	// the same subject are, and an opaque one ends the session with ReasonReplaced.
	AccountIsUser bool
	// RequireLogin refuses requests to the own origins with [ErrLoginRequired] while nobody is signed in,
	// instead of sending them unsigned. Send the login request itself with [WithoutAuth].
	RequireLogin bool
	// ExpiryWindow is how long before its expiry a token is refreshed, while it still serves. Default 30 s;
	// at most a fifth of the token's lifetime is used. With JSONRefresher.UseAccessToken it may be half of
	// the lifetime, which is the default then. Negative: only when it has expired.
	//
	// An interceptor that is younger than that does not refresh in the background, so that a program that
	// ends at any moment loses nothing: the token is used until it has expired, and then the request waits.
	ExpiryWindow time.Duration
	// RefreshTimeout bounds one call of the Refresher, and the wait for the store's lock before it. Default 30 s.
	RefreshTimeout time.Duration
	// RefreshWindow stops refreshing when it does not help.
	RefreshWindow RefreshWindow
	// OnEvent is told what happens to the session, one thing at a time and in the order in which they happened; a Logout
	// when all of it is done. No lock is held. What it does may delay the requests that wait; a panic in it is
	// logged and goes no further. It may call every method but Close. Nil: nobody is told.
	OnEvent func(Event)
	// Logger gets a record for every event. Nil: none.
	Logger *slog.Logger
	// InsecureAllowHTTP lets the token travel over plain http to other machines, where everyone on the way can read it.
	InsecureAllowHTTP bool
}

// RefreshWindow bounds how many refreshes in a row may bring tokens that the server then refuses, or fail; the next one is
// [ErrExcessiveRefresh]. A token that serves a single request starts the count anew.
type RefreshWindow struct {
	Interval    time.Duration // default 30 s
	MaxAttempts int           // within Interval; default 5, negative: no bound
}

const (
	defaultAccount        = "default"
	defaultExpiryWindow   = 30 * time.Second
	defaultRefreshTimeout = 30 * time.Second
	defaultWindow         = 30 * time.Second
	defaultWindowAttempts = 5
)

// settings is a Config that has been checked and completed. It never changes, so many interceptors can
// share it.
type settings struct {
	config  Config
	base    *url.URL // nil: requests must be absolute
	origins origin.Set
	names   headerNames // of requests, to find the caller's Authorization

	transport atomic.Pointer[http.RoundTripper] // beneath the chain; nil until the session is installed
}

// New checks the configuration, all of it, and returns an interceptor, or one error that names
// everything that is wrong. It does not touch the store: the session is read when it is first needed.
func New(c Config) (*Interceptor, error) {
	s := &settings{config: c}
	if err := errors.Join(s.checkOrigins(), s.checkRefresher(), s.checkDurations(), s.checkAccount()); err != nil {
		return nil, err
	}
	s.setDefaults()
	return newInterceptor(s, s.config.Account), nil
}

// checkRefresher lets a refresher of this package check itself.
func (s *settings) checkRefresher() error {
	r, ok := s.config.Refresher.(configurable)
	if !ok {
		return nil
	}
	own, err := r.configure(environment{base: s.base, insecureAllowHTTP: s.config.InsecureAllowHTTP})
	s.config.Refresher = own
	return err
}

// canRefresh reports whether there is any use in asking the Refresher. If not, the server decides how
// long the token serves.
func (s *settings) canRefresh(t Token) bool {
	own, ok := s.config.Refresher.(configured)
	return s.config.Refresher != nil && (!ok || own.canRefresh(t))
}

// usesAccessToken reports whether the access token renews itself, which it can only while it serves.
func (s *settings) usesAccessToken() bool {
	r, ok := s.config.Refresher.(jsonRefresher)
	return ok && r.UseAccessToken
}

// checkAccount refuses names that are not text: JSON cannot hold them, so a record could not name its account.
func (s *settings) checkAccount() error {
	if !utf8.ValidString(s.config.Account) {
		return fmt.Errorf("auth: Account must be UTF-8: %q", s.config.Account)
	}
	return nil
}

func (s *settings) checkDurations() error {
	var errs []error
	if s.config.RefreshTimeout < 0 {
		errs = append(errs, errors.New("auth: RefreshTimeout must not be negative"))
	}
	if s.config.RefreshWindow.Interval < 0 {
		errs = append(errs, errors.New("auth: RefreshWindow.Interval must not be negative"))
	}
	return errors.Join(errs...)
}

func (s *settings) setDefaults() {
	c := &s.config
	c.Account = cmp.Or(c.Account, defaultAccount)
	c.RefreshTimeout = cmp.Or(c.RefreshTimeout, defaultRefreshTimeout)
	if s.usesAccessToken() {
		c.ExpiryWindow = cmp.Or(c.ExpiryWindow, math.MaxInt64) // half the lifetime
	}
	c.ExpiryWindow = max(cmp.Or(c.ExpiryWindow, defaultExpiryWindow), 0)
	c.RefreshWindow.Interval = cmp.Or(c.RefreshWindow.Interval, defaultWindow)
	c.RefreshWindow.MaxAttempts = cmp.Or(c.RefreshWindow.MaxAttempts, defaultWindowAttempts)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
}
