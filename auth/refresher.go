package auth

import (
	"context"
	"fmt"
	"net/http"

	"golang.org/x/oauth2"

	"github.com/chatelaine-go/chatelaine/auth/internal/endpoints"
)

// Refresher exchanges a token for a new one at the token endpoint.
//
// It is called for one session at a time, with a context of its own that ends with
// Config.RefreshTimeout, not with any request; it must then return promptly, since all callers wait
// for it. It must not send the refresh token twice: the first request uses up a rotating token. A
// client that has the chain installed does not sign what is sent with that context.
//
// An error that wraps [ErrInvalidGrant] ends the session; any other keeps it. Return a
// [*RefreshError] to name a status and how long to wait. A Token without a RefreshToken keeps the
// old one; an Expiry of zero is read from the access token if that is a JWT.
type Refresher interface {
	Refresh(ctx context.Context, old Token) (Token, error)
}

// RefreshFunc is an adapter to allow the use of ordinary functions as a [Refresher].
type RefreshFunc func(context.Context, Token) (Token, error)

// Refresh calls f.
func (f RefreshFunc) Refresh(ctx context.Context, old Token) (Token, error) { return f(ctx, old) }

// configurable is a refresher of this package. Its value is what the user wrote; configure checks
// it once.
type configurable interface {
	Refresher
	configure(endpoints.Environment) (configured, error)
}

// configured is a refresher of this package that has been checked.
type configured interface {
	Refresher
	canRefresh(Token) bool // reports whether there is anything to send
}

// refreshWith is Refresh of a refresher that is used outside of a Config, or within a function of
// the user's.
func refreshWith(ctx context.Context, r configurable, old Token) (Token, error) {
	c, err := r.configure(endpoints.Of(ctx))
	if err != nil {
		return Token{}, &RefreshError{Err: err}
	}
	return c.Refresh(ctx, old)
}

// errNoRefreshToken is the error of a session that cannot be refreshed.
func errNoRefreshToken() error { return fmt.Errorf("%w: %w", ErrInvalidGrant, errUnrefreshable) }

// withEnvironment returns the context for a call of the user's Refresher or Revoke about a session
// with the key.
func (s *settings) withEnvironment(ctx context.Context, key []byte) context.Context {
	e := endpoints.Environment{Base: s.base, InsecureAllowHTTP: s.config.InsecureAllowHTTP, Key: key}
	if s.config.Prover != nil {
		e.Prover = s.config.Prover
	}
	if t := s.transport.Load(); t != nil {
		e.Transport = *t
	}
	return endpoints.With(ctx, e)
}

// OnTransport tells the session which transport its chain sends with; the chain calls it when it is
// installed. Refreshers and revokers of this package without a Transport of their own use it, so
// that proxies, certificates and mocks of the client apply to them, too. The first one counts.
func (s *settings) OnTransport(base http.RoundTripper) {
	if base != nil {
		s.transport.CompareAndSwap(nil, &base)
	}
}

// newClient returns how a client authenticates. AutoDetect does not guess, since a guess sends a
// refresh token twice: a secret goes into the header (RFC 6749, section 2.3.1), and without one the
// id goes into the body.
func newClient(
	id, secret string, style oauth2.AuthStyle, assertion func(ctx context.Context, audience string) (string, error),
) endpoints.Client {
	return endpoints.Client{
		ID: id, Secret: secret, Assertion: assertion,
		InHeader: style == oauth2.AuthStyleInHeader || style == oauth2.AuthStyleAutoDetect && secret != "",
	}
}

// minter returns the configured Minter; nil if the Refresher is not one.
func (s *settings) minter() Minter {
	switch r := s.config.Refresher.(type) {
	case configuredMinter:
		return r
	case configured:
		return nil
	case Minter:
		return r
	default:
		return nil
	}
}
