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

	"github.com/chatelaine-go/chatelaine/auth/internal/endpoints"
	"github.com/chatelaine-go/chatelaine/auth/internal/headernames"
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/internal/origin"
)

// Config configures an [Interceptor]. At least BaseURL or AllowedOrigins is required; the zero
// value of every other field is its default. Its functions must be safe for concurrent use.
type Config struct {
	// BaseURL is the URL that relative request URLs are resolved against; its path is prepended to
	// theirs. Its origin may see the token. Installed on a resty client that has no base URL, the
	// chain sets this one there.
	BaseURL string
	// AllowedOrigins are further origins ("https://files.example.com:8443") that may see the token;
	// there are no wildcards. No other origin ever sees it, by redirect or otherwise. Hosts are
	// compared in the form that net/http dials, so a non-ASCII host must be given as Punycode
	// ("xn--…"); the error states that form.
	AllowedOrigins []string
	// Store persists the session across restarts and shares it between processes. If nil, the
	// session is kept in memory.
	Store Store
	// Account is the key of the session in the store, one for each user or profile. Default
	// "default".
	Account string
	// Refresher obtains new tokens. It may be a [JSONRefresher], an [OAuth2Refresher], or your own.
	// A [Minter], such as [ClientCredentials], also makes sessions, so that no user has to log in.
	// If nil, tokens are not refreshed, and a 401 is returned unchanged.
	Refresher Refresher
	// Revoke, if not nil, tells the server that the session has ended (RFC 7009). Logout does not
	// fail if Revoke does. It is called with the token that Logout removed, or with a token that
	// arrived too late to be used. No lock is held, and its context expires after ten seconds. See
	// [OAuth2Revoker] and [JSONRevoker].
	Revoke func(context.Context, Token) error
	// ShouldRefresh reports whether a response to a signed request means that the token is no
	// longer accepted. It sees responses of every status; to look at a body use
	// [interceptor.Response.Peek]. See [StatusIn] and [StatusWithMessage]. If nil, [Unauthorized]
	// is used.
	ShouldRefresh func(*interceptor.Response) bool
	// SetCredential adds the token to a request, which it may modify. If nil, the token is sent as
	// "Authorization: Bearer …" (RFC 6750 §2.1), or under the scheme that Token.TokenType names. An
	// error fails the request before it is sent.
	SetCredential func(*http.Request, Token) error
	// Prover proves possession of the key that a DPoP token is bound to (RFC 9449), at the API and
	// at the endpoints of the refreshers and revokers of this package; see package dpop. If nil, no
	// proofs are sent.
	Prover Prover
	// AccountIsUser declares that all sessions stored under Account belong to one user. A login by
	// another process is then adopted even if the tokens do not name a user. If false, only JWTs
	// with the same subject are adopted; an opaque token ends the session with ReasonReplaced.
	AccountIsUser bool
	// RequireLogin makes requests to the configured origins fail with [ErrLoginRequired] while no
	// user is signed in, instead of being sent unsigned. Send the login request itself with
	// [WithoutAuth].
	RequireLogin bool
	// ExpiryWindow is how long before its expiry a token is refreshed in the background. Default
	// 30 s; at most a fifth of the token's lifetime is used. With JSONRefresher.UseAccessToken it
	// may be half of the lifetime, which is the default then. If negative, a token is refreshed
	// only after it has expired.
	//
	// An interceptor that is younger than that does not refresh in the background, so that a
	// program that ends at any moment loses nothing: the token is used until it has expired, and
	// then the request waits.
	ExpiryWindow time.Duration
	// RefreshTimeout bounds one call of the Refresher, and the wait for the store's lock before it.
	// Default 30 s.
	RefreshTimeout time.Duration
	// RefreshWindow limits refreshes that do not help.
	RefreshWindow RefreshWindow
	// OnEvent, if not nil, is called for every event of the session, one at a time and in order. A
	// Logout is reported once it has completed. No lock is held. A slow OnEvent may delay waiting
	// requests. A panic is recovered and logged. OnEvent may call any method except Close.
	OnEvent func(Event)
	// Logger receives a record for every event. If nil, nothing is logged.
	Logger *slog.Logger
	// InsecureAllowHTTP permits sending the token to other machines over plain http, where anyone
	// on the path can read it.
	InsecureAllowHTTP bool
}

// RefreshWindow bounds how many refreshes in a row may bring tokens that the server then refuses,
// or fail; the next one fails with [ErrExcessiveRefresh]. A token that the server accepts resets
// the count.
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

// settings is a Config that has been checked and completed. It never changes, so many interceptors
// can share it.
type settings struct {
	config  Config
	base    *url.URL // nil: requests must be absolute
	origins origin.Set
	names   headernames.Finder // of requests, to find the caller's Authorization

	transport atomic.Pointer[http.RoundTripper] // beneath the chain; nil until the session is installed
}

// New returns an Interceptor configured by c. If c is invalid, the error lists every problem. New
// does not access the store; the session is read when it is first needed.
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
	own, err := r.configure(endpoints.Environment{Base: s.base, InsecureAllowHTTP: s.config.InsecureAllowHTTP})
	s.config.Refresher = own
	return err
}

// canRefresh reports whether there is any use in asking the Refresher. If not, the server decides
// how long the token serves.
func (s *settings) canRefresh(t Token) bool {
	own, ok := s.config.Refresher.(configured)
	return s.config.Refresher != nil && (!ok || own.canRefresh(t))
}

// usesAccessToken reports whether the access token renews itself, which it can only while it
// serves.
func (s *settings) usesAccessToken() bool {
	r, ok := s.config.Refresher.(jsonRefresher)
	return ok && r.UseAccessToken
}

// checkAccount refuses names that are not text: JSON cannot hold them, so a record could not name
// its account.
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
