package auth

import "context"

// Refresher exchanges a token for a new one at the token endpoint.
//
// It is called for one session at a time, with a context of its own that ends with Config.RefreshTimeout, not with any
// request; it must return then, since everyone waits for it. It must not send the refresh token twice: a rotating one
// is spent by the first. A client that has the chain installed does not sign what is sent with that context.
//
// An error that wraps [ErrInvalidGrant] ends the session; any other keeps it. Return a [*RefreshError] to tell a status
// and how long to wait. A Token without a RefreshToken keeps the old one; an Expiry of zero is read from the
// access token if that is a JWT.
type Refresher interface {
	Refresh(ctx context.Context, old Token) (Token, error)
}

// RefreshFunc makes a [Refresher] of a function.
type RefreshFunc func(context.Context, Token) (Token, error)

// Refresh calls f.
func (f RefreshFunc) Refresh(ctx context.Context, old Token) (Token, error) { return f(ctx, old) }
