package auth

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/internal/record"
	"github.com/chatelaine-go/chatelaine/auth/internal/tokens"
	"github.com/chatelaine-go/chatelaine/auth/internal/wait"
)

// Minter is a [Refresher] that can also make a session without a login: client credentials, a token
// exchange, the identity of a workload. With one, no program has to call Login. While no user is
// signed in, the next request mints a session, once for all goroutines and processes that share the
// store. A session whose refresh token is dead is replaced in the same way. A request after a
// Logout mints a session, too: stop sending, or call Close, to stay signed out.
//
// Mint is called under the lock of the store, like Refresh. An error that wraps [ErrInvalidGrant]
// means that nothing but the user's help can make a session; callers get [ErrLoginRequired]. Any
// other error is temporary; callers get [ErrRefreshFailed]. Either way the next attempt waits for a
// backoff.
//
// All sessions of an account are taken for the same user, as with Config.AccountIsUser.
type Minter interface {
	Refresher
	Mint(ctx context.Context) (Token, error)
}

// minting is the attempts of an Interceptor to mint a session. It plays the part that joinRefresh
// and session.failure play for a refresh: one attempt at a time, and a backoff after a failure,
// while there is no session that could hold either.
type minting struct {
	mu     sync.Mutex
	call   *call    // under way
	failed *failure // the last one, if it failed
	err    error    // what its callers got
}

// minted returns a session in place of one that is signed out. Everyone who asks at the same time
// shares one attempt.
func (a *Interceptor) mintOnce(ctx context.Context, out *session) (*session, error) {
	if a.isInside(ctx) { // the Minter would wait for itself, under the lock of the store
		return nil, &RefreshError{Err: errInside}
	}
	c, err := a.minting.join(time.Now(), func() *call { return a.startMint(out) })
	if err != nil {
		return nil, err
	}
	return c.wait(ctx)
}

// join returns the attempt under way, which begin starts if there is none, or the error of the last
// one if it failed too recently.
func (m *minting) join(now time.Time, begin func() *call) (*call, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.call != nil {
		return m.call, nil
	}
	// Without a session there is nothing to hold the failure, so the backoff is kept here. Callers
	// get the error of the attempt that failed, as if they had taken part in it.
	if m.failed != nil && m.failed.wait(expired, now) > 0 {
		return nil, m.err
	}
	if m.call = begin(); m.call == nil {
		return nil, &RefreshError{Err: ErrClosed}
	}
	return m.call, nil
}

// end notes how an attempt ended.
func (m *minting) end(err error, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.call, m.err = nil, err
	if err == nil {
		m.failed = nil
		return
	}
	m.failed = newFailure(m.failed, err, now)
}

// startMint begins an attempt on a goroutine of its own; nil if the interceptor is closed.
func (a *Interceptor) startMint(out *session) *call {
	c := newCall()
	ctx, abort := wait.WhileAwake(context.Background(), a.config.RefreshTimeout)
	c.abort = abort
	started := a.workers.Start(func() {
		defer abort()
		var s *session
		// Replaced unless the Minter or the store ends this goroutine. The order is that of run:
		// first the attempt counts as over, so that a caller that is woken can begin another; then
		// the events; then the callers, even if OnEvent panics.
		err := errVanished
		defer func() {
			a.minting.end(err, time.Now())
			defer c.finish(s, err)
			a.deliver()
		}()
		s, err = a.mint(ctx, out)
	})
	if !started {
		abort()
		return nil
	}
	return c
}

// mint stores a new session if the store has none, and makes the one that is stored then current.
//
// Like a Login it holds the write lock, so that store and memory change in the same order, and like
// a refresh it asks the server under the store's lock, so that of many processes one mints.
func (a *Interceptor) mint(ctx context.Context, out *session) (*session, error) {
	unlock, err := a.lockWrites(ctx)
	if err != nil {
		return nil, mintError(err)
	}
	if s := a.state.current.Load(); s.signedIn() { // a Login had the lock before
		unlock()
		return s, nil
	}
	made, cause, err := a.mintStored(ctx, out)
	switch {
	case cause != nil:
		unlock()
		return nil, mintError(cause)
	case err != nil: // what was minted is dropped: the next attempt mints another one
		a.state.setCommitting("")
		unlock()
		return nil, mintError(persistError("save", err))
	case made == nil: // another process has one, or a Logout came in between; reload takes no write lock
		unlock()
		s, err := a.reload(ctx)
		if err != nil {
			return nil, mintError(err) // ctx is not the caller's
		}
		if !s.signedIn() {
			err = &LoginRequiredError{Reason: s.reason}
		}
		return s, err
	}
	// Stored first, then known, as with a Login: no request may use a session that a crash would
	// lose.
	s := newSession(made, "", a.policy)
	ok := a.state.commitMint(out, s, Event{Kind: SignedIn, Expiry: made.Expiry})
	unlock()
	if !ok { // a Logout was faster; it may have given up waiting for the store
		a.removeMinted(made.Session)
		a.revokeUnused((*Token)(&made.Token))
		return nil, &LoginRequiredError{Reason: a.state.current.Load().reason}
	}
	return s, nil
}

// removeMinted deletes a session that is not wanted any more, before its token is revoked: nobody
// should find it in the store.
func (a *Interceptor) removeMinted(session string) {
	ctx, cancel := wait.WhileAwake(context.Background(), a.config.RefreshTimeout)
	defer cancel()
	// Where that fails, the session is found dead when it is used next, and another one is made.
	_ = a.persist.update(ctx, func(_ context.Context, old []byte) ([]byte, error) {
		r, err := a.persist.decode(old)
		if err != nil || r.Live() == nil || r.Session != session {
			return old, err
		}
		return a.persist.bury(r, ReasonLogout)
	})
}

// mintStored mints under the lock of the store. Made is nil if the store has a session already.
// Cause is the error of the Minter or of reading, err that of the store.
func (a *Interceptor) mintStored(ctx context.Context, out *session) (made *record.Record, cause, err error) {
	err = a.persist.update(ctx, func(inside context.Context, old []byte) ([]byte, error) {
		stored, err := a.persist.decode(old)
		if err != nil {
			cause = err
			return nil, err
		}
		// Looked up again under the lock: another process may have minted, or the user signed in or
		// out here, while this one waited.
		if stored.Live() != nil || a.state.current.Load() != out {
			return old, nil
		}
		t, err := a.askMinter(ctx, inside)
		if err != nil {
			cause = err
			return nil, err
		}
		r := record.New(a.account, a.origins[0].String(), tokens.Token(t), time.Now())
		value, err := r.Encode()
		if err != nil {
			cause = err
			return nil, err
		}
		// From the save until the session is current, a reader of the store must not take it for
		// another process's.
		a.state.setCommitting(r.Session)
		made = r
		return value, nil
	})
	return made, cause, err
}

// mintError is what callers get if there is no session.
func mintError(err error) error {
	if errors.Is(err, ErrInvalidGrant) {
		return &LoginRequiredError{Reason: ReasonInvalidGrant, Err: err}
	}
	return newRefreshError(err)
}
