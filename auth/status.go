package auth

import (
	"context"
	"time"

	"golang.org/x/oauth2"
)

// Status is what is known of a session. It holds no token.
type Status struct {
	Account  string
	SignedIn bool
	// Expiry of the access token; zero if not known.
	Expiry time.Time
	// Expired tells whether Expiry has passed; the next request renews the token then.
	Expired bool
	// Refreshable tells whether there is a refresh token.
	Refreshable bool
	// Unsaved tells whether the store does not have the newest token yet.
	Unsaved bool
	// LastError is why the last refresh failed, nil if it did not.
	LastError error
	// Reason is why nobody is signed in.
	Reason Reason
}

// Status reads the session from the store, if that has not happened yet, and tells about it. It never refreshes.
func (a *Interceptor) Status(ctx context.Context) (Status, error) {
	s, err := a.current(ctx)
	if err != nil {
		return Status{}, err
	}
	st := Status{Account: a.config.Account, SignedIn: s.signedIn(), Reason: s.reason}
	if s.signedIn() {
		st.Expiry, st.Expired = s.expiresAt, s.expired(time.Now())
		st.Refreshable, st.Unsaved = s.RefreshToken != "", s.unsaved
	}
	if s.failure != nil {
		st.LastError = s.failure.err
	}
	return st, nil
}

// Token returns a token that can be used now, renewed before if it has expired. It is for protocols that this
// interceptor does not sign: WebSockets, gRPC, other clients. [ErrLoginRequired] if nobody is signed in.
func (a *Interceptor) Token(ctx context.Context) (Token, error) {
	s, err := a.usable(ctx)
	if err != nil {
		return Token{}, err
	}
	if !s.signedIn() {
		return Token{}, &LoginRequiredError{Reason: s.reason}
	}
	return s.Token, nil
}

// Refresh renews the token now, whether it has expired or not, and returns the new one. A refresh that is under way is
// joined.
func (a *Interceptor) Refresh(ctx context.Context) (Token, error) {
	s, err := a.current(ctx)
	if err == nil && s.signedIn() && a.config.Refresher != nil {
		s, err = a.refreshed(ctx, s)
	}
	switch {
	case err != nil:
		return Token{}, err
	case !s.signedIn():
		return Token{}, &LoginRequiredError{Reason: s.reason}
	default:
		return s.Token, nil
	}
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
