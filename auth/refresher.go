package auth

import (
	"context"
	"errors"
	"time"
)

// Refresher exchanges a token for a new one at the token endpoint.
//
// It is called for one session at a time, on a context of its own that ends with Config.RefreshTimeout, not with any request. It
// must not use a client that has the chain installed, and must not send the refresh token twice: a rotating one is
// spent by the first.
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

// callRefresher turns panics and useless answers into errors.
func callRefresher(ctx context.Context, r Refresher, old Token, timeout time.Duration) (t Token, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	defer cancel()
	defer func() { err = recovered("Refresher", recover(), err) }()
	t, err = r.Refresh(ctx, old)
	if err == nil && t.AccessToken == "" {
		err = errors.New("the answer held no access token")
	}
	return t, err
}
