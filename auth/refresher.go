package auth

import (
	"context"
	"fmt"
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
	configure(environment) (configured, error)
}

// configured is a refresher of this package that has been checked.
type configured interface {
	Refresher
	canRefresh(Token) bool // reports whether there is anything to send
}

// refreshWith is Refresh of a refresher that is used outside of a Config, or within a function of
// the user's.
func refreshWith(ctx context.Context, r configurable, old Token) (Token, error) {
	c, err := r.configure(environmentOf(ctx))
	if err != nil {
		return Token{}, &RefreshError{Err: err}
	}
	return c.Refresh(ctx, old)
}

// errNoRefreshToken is the error of a session that cannot be refreshed.
func errNoRefreshToken() error { return fmt.Errorf("%w: %w", ErrInvalidGrant, errUnrefreshable) }
