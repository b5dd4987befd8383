package auth

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/internal/tokens"
	"github.com/chatelaine-go/chatelaine/auth/internal/wait"
)

// refresherGrace is how long a Refresher gets to return after its context has ended.
const refresherGrace = time.Second

// ask calls the Refresher, for no longer than RefreshTimeout and a grace. ctx is the context of the
// refresh. lockCtx is the store's, of which only the values count: when it ends, the refresh token
// may be on its way already, and the response must still be received. A token that arrives after
// the grace is still saved.
func (a *Interceptor) ask(ctx, lockCtx context.Context, f *facts) {
	f.asked = true
	if !a.canRefresh(f.session.token()) {
		f.err = errUnrefreshable
		return
	}
	callCtx := a.withEnvironment(a.markInside(context.WithoutCancel(lockCtx)), f.session.ProofKey)
	r := a.callInTime(ctx, callCtx, func(ctx context.Context, r *reply) {
		r.token, r.err = callRefresher(ctx, a.config.Refresher, f.session.token())
		if errors.Is(r.err, ErrInvalidGrant) && a.minter() != nil {
			r.minted = true
			r.token, r.err = a.callMinter(ctx)
		}
	}, func(r *reply) { a.late(f.session, r) })
	f.token, f.minted, f.err = r.token, r.minted, r.err
	f.at = time.Now()
	// The server may have taken its time, and the user may have signed out or in.
	f.superseded = a.state.superseded(f.session, nil)
}

// askMinter calls the Minter as ask calls the Refresher. A token that arrives after the grace is
// revoked: unlike a refresh token, which is spent, the next attempt can mint another one.
func (a *Interceptor) askMinter(ctx, lockCtx context.Context) (Token, error) {
	callCtx := a.markInside(context.WithoutCancel(lockCtx))
	r := a.callInTime(ctx, callCtx, func(ctx context.Context, r *reply) {
		r.token, r.err = a.callMinter(ctx)
	}, func(r *reply) { a.revokeUnused(&r.token) })
	return r.token, r.err
}

// reply is what a call of the Refresher or the Minter returns, to exactly one of two: the goroutine
// that waits for it, or late.
type reply struct {
	token  Token
	minted bool // the refresh token was dead, and the token is a Minter's
	err    error
	done   chan struct{}
	taken  atomic.Bool
}

// callInTime runs call on a goroutine of its own, with callCtx for RefreshTimeout, and waits for its
// reply until that context has ended and a grace is over. The end of ctx ends it early.
//
// Code that does not return is left alone, so that it cannot keep the store's lock from other
// processes: it may be waiting for its own session. A token that it brings after that is given to
// late. One atomic word decides between the two, so that no token is used twice, and none gets lost.
func (a *Interceptor) callInTime(
	ctx, callCtx context.Context, call func(context.Context, *reply), late func(*reply),
) *reply {
	callCtx, cancel := wait.WhileAwake(callCtx, a.config.RefreshTimeout)
	defer context.AfterFunc(ctx, cancel)()
	r := &reply{done: make(chan struct{}), err: errVanished} // unless call returns
	// Fork, not Start: a refresh that Close waits for must still be able to ask.
	a.workers.Fork(func() {
		defer cancel()
		defer func() {
			if r.taken.CompareAndSwap(false, true) {
				close(r.done)
			} else if r.err == nil {
				late(r)
			}
		}()
		call(callCtx, r)
	})
	r.wait(callCtx)
	if r.taken.CompareAndSwap(false, true) {
		return &reply{err: errNoReturn}
	}
	<-r.done
	return r
}

// wait waits for the reply until ctx has ended and the grace is over.
func (r *reply) wait(ctx context.Context) {
	select {
	case <-r.done:
		return
	case <-ctx.Done():
	}
	grace := time.NewTimer(refresherGrace)
	defer grace.Stop()
	select {
	case <-r.done:
	case <-grace.C:
	}
}

// late saves a token that arrived after the refresh of s was given up, or revokes it if s has
// ended. If the session has been refreshed otherwise, the token is of no use, and revoking it might
// end the session.
func (a *Interceptor) late(s *session, r *reply) {
	now := time.Now()
	if current := a.state.current.Load(); current.is(s) && current.differsFrom(s) {
		return
	}
	// The lock is gone, so the token cannot be saved here and now. An error of the store, even one
	// that never happened, makes it a pending save, which takes the lock again, and gives way to
	// what another process has stored.
	o := decide(facts{
		session: s, read: true, stored: s.Record, asked: true, token: r.token, minted: r.minted, at: now,
		storeErr: errLate, policy: a.policyNow(),
	})
	_, unused, _ := a.apply(s, o)
	a.deliver()
	a.revokeUnused(unused)
}

var (
	// errUnrefreshable is a refresh of a session that there is nothing to refresh with.
	errUnrefreshable = errors.New("there is no refresh token")
	// errNoRefresher is a refresh that nothing is configured for.
	errNoRefresher = errors.New("this program cannot refresh tokens")
	// errNoReturn is a Refresher that ignores its context.
	errNoReturn = fmt.Errorf("the call of the token endpoint has not returned: %w", context.DeadlineExceeded)
	// errLate is the reason to save a token outside of the refresh that it belongs to.
	errLate = errors.New("the token arrived after the refresh had been given up")
)

// callRefresher turns a panic, or a success without an access token, into an error: saving an empty
// token would throw away the refresh token that is still good. The user's error may quote either
// token, so both are hidden.
func callRefresher(ctx context.Context, r Refresher, old Token) (t Token, err error) {
	defer func() { err = redactError(recovered("Refresher", recover(), err), old, t) }()
	t, err = r.Refresh(ctx, old)
	if err == nil && t.AccessToken == "" {
		err = errors.New("the response has no access token")
	}
	return t, err
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
	// The record is made from t as it is. A refresh gets its expiry in decide, which mints pass by.
	if t.Expiry.IsZero() {
		t.Expiry = tokens.JWTExpiry(t.AccessToken, time.Now(), time.Time{})
	}
	if t.ProofKey == nil { // a Minter that made a key of its own has bound the token to that one
		t.ProofKey = key
	}
	return t, nil
}
