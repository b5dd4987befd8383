package auth

import (
	"context"
	"errors"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/internal/tokens"
	"github.com/chatelaine-go/chatelaine/auth/internal/wait"
)

// askMinter calls the Minter for no longer than RefreshTimeout and a grace, as ask calls the
// Refresher. A token that arrives later is revoked: unlike a refresh token, which is spent, the
// next attempt can mint another one.
func (a *Interceptor) askMinter(aborted, inside context.Context) (Token, error) {
	ctx, cancel := wait.WhileAwake(a.inside(context.WithoutCancel(inside)), a.config.RefreshTimeout)
	defer context.AfterFunc(aborted, cancel)()
	r := &reply{done: make(chan struct{})}
	a.workers.Fork(func() {
		defer cancel()
		defer func() {
			if r.taken.CompareAndSwap(false, true) {
				close(r.done)
			} else if r.err == nil {
				a.revokeUnused(&r.token)
			}
		}()
		r.err = errVanished
		r.token, r.err = a.callMinter(ctx)
	})
	r.wait(ctx)
	if r.abandon() {
		return Token{}, errNoReturn
	}
	<-r.done
	return r.token, r.err
}

// callMinter turns a panic, or a success without an access token, into an error. It first makes the
// key that the token is bound to.
func (a *Interceptor) callMinter(ctx context.Context) (t Token, err error) {
	defer func() { err = redactError(recovered("Minter", recover(), err), t) }()
	key, err := a.newKey()
	if err != nil {
		return t, err
	}
	t, err = a.minter().Mint(a.withEnvironment(ctx, key))
	switch {
	case err != nil:
		return t, err
	case t.AccessToken == "":
		return t, errors.New("the response has no access token")
	}
	if t.Expiry.IsZero() {
		t.Expiry = tokens.JWTExpiry(t.AccessToken, time.Now(), time.Time{})
	}
	if t.ProofKey == nil {
		t.ProofKey = key
	}
	return t, nil
}
