package auth

import (
	"cmp"
	"context"
	"time"

	"golang.org/x/oauth2"

	"github.com/chatelaine-go/chatelaine/auth/internal/tokens"
)

// Status is what is known of a session. It holds no token.
type Status struct {
	Account  string
	SignedIn bool
	// Subject is the user's identifier at the server, by the sub claim of the access token or the ID token, which is not
	// verified; "" if neither is a JWT that has one.
	Subject string
	// Scope is what the server said that the token may be used for; "" if it did not.
	Scope string
	// Expiry of the access token; zero if not known.
	Expiry time.Time
	// Expired reports whether Expiry has passed; the next request renews the token then, if Refreshable.
	Expired bool
	// Refreshable reports whether there is a Refresher, and a refresh token if it needs one.
	Refreshable bool
	// Unsaved reports whether the store has not taken the last change yet, a new token or a logout.
	Unsaved bool
	// LastError is why the last refresh failed, nil if it did not.
	LastError error
	// Reason is why nobody is signed in.
	Reason Reason
}

// Status describes the session. It reads the store, since another process may have changed the session,
// as [Interceptor.Reload] does; if the store cannot be read, it reports what was known before. It never
// refreshes. An error is the store's, if nothing was known, or that of ctx, or [ErrClosed] if nothing was
// read before Close.
func (a *Interceptor) Status(ctx context.Context) (Status, error) {
	s, err := a.stored(ctx)
	if err != nil {
		return Status{}, err
	}
	st := Status{Account: a.account, SignedIn: s.signedIn(), Reason: s.reason, Unsaved: a.state.pendingSave() != nil}
	if s.signedIn() {
		st.Expiry, st.Expired = s.expiresAt, s.expired(time.Now())
		st.Refreshable, st.Scope = a.canRefresh(s.Token), s.Scope
		st.Subject = cmp.Or(tokens.Subject(s.AccessToken), tokens.Subject(s.IDToken))
	}
	if s.failure != nil {
		st.LastError = s.failure.err
	}
	return st, nil
}

// Token returns a token that can be used now, renewed before if it has expired. It is for protocols that this
// interceptor does not sign: WebSockets, gRPC, other clients. The error matches [ErrLoginRequired] if nobody is signed in,
// [ErrRefreshFailed] if the token has expired and cannot be renewed now; else it is one of those of Status. A token that nothing
// can ever renew (no Refresher, no refresh token) is returned as it is, expired or not: the server decides.
func (a *Interceptor) Token(ctx context.Context) (Token, error) {
	_, err := a.latest(ctx)
	if err != nil {
		return Token{}, err
	}
	return tokenOf(a.fresh(ctx))
}

// tokenOf is the token of a session, if there is one.
func tokenOf(s *session, err error) (Token, error) {
	switch {
	case err != nil:
		return Token{}, err
	case !s.signedIn():
		return Token{}, &LoginRequiredError{Reason: s.reason}
	default:
		return s.Token, nil
	}
}

// Refresh renews the token now, whether it has expired or not, and returns the new one. A refresh that is under way is
// joined, and one that failed a moment ago is not repeated before its backoff is over. The errors are those of Token.
func (a *Interceptor) Refresh(ctx context.Context) (Token, error) {
	s, err := a.latest(ctx)
	if err == nil && !s.signedIn() && a.minter() != nil {
		return tokenOf(a.minted(ctx, s))
	}
	if err != nil || !s.signedIn() {
		return tokenOf(s, err)
	}
	if a.config.Refresher == nil {
		return Token{}, &RefreshError{Err: errNoRefresher}
	}
	if !a.canRefresh(s.Token) {
		return Token{}, &RefreshError{Err: errUnrefreshable}
	}
	return tokenOf(a.refreshedOrMinted(ctx, s, manual, nil))
}

// TokenSource returns the session as the token source of golang.org/x/oauth2, for clients that take one. Its calls wait
// no longer than ctx. It must not be wrapped in an oauth2.ReuseTokenSource, which would keep a token that was replaced.
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
