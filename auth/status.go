package auth

import (
	"cmp"
	"context"
	"time"

	"golang.org/x/oauth2"

	"github.com/chatelaine-go/chatelaine/auth/internal/tokens"
)

// Status describes a session. It contains no token.
type Status struct {
	Account  string
	SignedIn bool
	// Subject is the user's identifier at the server, by the sub claim of the access token or the
	// ID token, which is not verified; "" if neither is a JWT that has one.
	Subject string
	// Scope is the scope the server granted, or "" if it did not say.
	Scope string
	// Expiry is when the access token expires, or zero if unknown.
	Expiry time.Time
	// Expired reports whether Expiry has passed. If Refreshable, the next request renews the token.
	Expired bool
	// Refreshable reports whether there is a Refresher, and a refresh token if it needs one.
	Refreshable bool
	// Unsaved reports whether the last change, a new token or a logout, has yet to be stored.
	Unsaved bool
	// LastError is why the last refresh failed, nil if it did not.
	LastError error
	// Reason is why no user is signed in.
	Reason Reason
}

// Status describes the session. It reads the store, since another process may have changed the
// session, as [Interceptor.Reload] does; if the store cannot be read, it reports what was known
// before. It never refreshes. An error is the store's, if nothing was known, or that of ctx, or
// [ErrClosed] if nothing was read before Close.
func (a *Interceptor) Status(ctx context.Context) (Status, error) {
	s, err := a.tryReload(ctx)
	if err != nil {
		return Status{}, err
	}
	st := Status{Account: a.account, SignedIn: s.signedIn(), Reason: s.reason, Unsaved: a.state.pendingSave() != nil}
	if s.signedIn() {
		st.Expiry, st.Expired = s.expiresAt, s.expired(time.Now())
		st.Refreshable, st.Scope = a.canRefresh(s.token()), s.Scope
		st.Subject = cmp.Or(tokens.Subject(s.AccessToken), tokens.Subject(s.IDToken))
	}
	if s.failure != nil {
		st.LastError = s.failure.err
	}
	return st, nil
}

// Token returns a usable token, renewing it first if it has expired. Use it for what the
// interceptor cannot sign, such as WebSocket and gRPC connections. The error matches
// [ErrLoginRequired] if no user is signed in, [ErrRefreshFailed] if the token has expired and
// cannot be renewed now; else it is one of those of Status. A token that nothing can ever renew (no
// Refresher, no refresh token) is returned unchanged, expired or not: the server decides.
func (a *Interceptor) Token(ctx context.Context) (Token, error) {
	_, err := a.reloadIfSignedOut(ctx)
	if err != nil {
		return Token{}, err
	}
	return tokenOf(a.ensureFresh(ctx))
}

// tokenOf is the token of a session, if there is one.
func tokenOf(s *session, err error) (Token, error) {
	switch {
	case err != nil:
		return Token{}, err
	case !s.signedIn():
		return Token{}, &LoginRequiredError{Reason: s.reason}
	default:
		return s.token(), nil
	}
}

// Refresh renews the token now, whether it has expired or not, and returns the new one. It joins a
// refresh in progress, and does not repeat a failed one before its backoff has elapsed. The errors
// are those of Token.
func (a *Interceptor) Refresh(ctx context.Context) (Token, error) {
	s, err := a.reloadIfSignedOut(ctx)
	if err == nil && !s.signedIn() && a.minter() != nil {
		return tokenOf(a.mintOnce(ctx, s))
	}
	if err != nil || !s.signedIn() {
		return tokenOf(s, err)
	}
	if a.config.Refresher == nil {
		return Token{}, &RefreshError{Err: errNoRefresher}
	}
	if !a.canRefresh(s.token()) {
		return Token{}, &RefreshError{Err: errUnrefreshable}
	}
	return tokenOf(a.refreshOrMint(ctx, s, manual, nil))
}

// Renew returns the token to use in place of one that a server refused outside of HTTP, such as on
// a gRPC or WebSocket connection, or in another library's client. If the session holds another
// token than the refused one by now, Renew returns that; else it refreshes, once for all that
// report the same token. The errors are those of [Interceptor.Token].
func (a *Interceptor) Renew(ctx context.Context, refusedToken Token) (Token, error) {
	s, err := a.reloadIfSignedOut(ctx)
	if err != nil || !s.signedIn() {
		return tokenOf(s, err)
	}
	if s.AccessToken != refusedToken.AccessToken {
		return tokenOf(a.ensureFresh(ctx)) // it has been replaced
	}
	if a.config.Refresher == nil {
		return Token{}, &RefreshError{Err: errNoRefresher}
	}
	return tokenOf(a.refreshOnce(ctx, s, refused, nil))
}

// TokenSource returns the session as the token source of golang.org/x/oauth2, for clients that take
// one. Its calls wait no longer than ctx. It must not be wrapped in an oauth2.ReuseTokenSource,
// which would keep a token that was replaced.
func (a *Interceptor) TokenSource(ctx context.Context) oauth2.TokenSource {
	return tokenSource(func() (*oauth2.Token, error) {
		t, err := a.Token(ctx)
		if err != nil {
			return nil, err
		}
		return t.OAuth2(), nil
	})
}

type tokenSource func() (*oauth2.Token, error)

func (f tokenSource) Token() (*oauth2.Token, error) { return f() }
