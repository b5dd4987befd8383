package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/internal/record"
	"github.com/chatelaine-go/chatelaine/auth/internal/wait"
)

// collect gathers the facts of one refresh: it takes the store's lock, reads, asks the server if
// that is necessary, and saves. All decisions are those of decide; collect only asks it what to do
// next.
//
// ctx is the context of the refresh, which a Logout ends after a grace. The store's lock and the
// Refresher get RefreshTimeout each, so storeCtx must not reach the Refresher: the time spent
// waiting for the lock would be missing when the refresh token is on its way.
func (a *Interceptor) collect(ctx context.Context, f *facts) {
	storeCtx, cancel := wait.WhileAwake(ctx, a.config.RefreshTimeout)
	defer cancel()
	if a.glance(storeCtx, f) {
		return
	}
	settled := func(r *record.Record) bool { return a.suffices(f, r) }
	f.storeErr = a.persist.updateUnless(storeCtx, settled, func(lockCtx context.Context, old []byte) ([]byte, error) {
		return a.underLock(ctx, lockCtx, old, f)
	})
	switch {
	case f.superseded && !f.asked:
		f.superseded, f.err = a.waitForLogin(storeCtx, f.session)
	case isLost(f.storeErr) || isLost(f.err):
		a.readAfterLoss(f)
	case f.storeErr == nil:
		a.persist.wiped.Store(false) // it has our session again, or has deleted it for us
	}
}

// underLock is the part of a refresh that holds the store's lock. It returns what to store in place
// of old. ctx is the context of the refresh; lockCtx is the store's, which ends if the lock is
// lost.
//
// The order keeps the promises that a refresh token is sent once, and that its successor is never
// lost: read what other processes have done, ask only if that decides nothing, and let the store
// save the token before anybody uses it.
func (a *Interceptor) underLock(ctx, lockCtx context.Context, old []byte, f *facts) ([]byte, error) {
	if f.stored, f.err = a.persist.decode(old); f.err != nil {
		return nil, f.err // never overwritten: a newer program may have written it
	}
	f.read, f.superseded, f.at = true, a.state.superseded(f.session, f.stored), time.Now()
	if f.ifSaved().step != ask { // then it is keep: only what the server says changes the store
		return old, nil
	}
	if f.err = a.checkRefreshWindow(); f.err != nil {
		return nil, f.err
	}
	if f.err = wait.LockHeld(lockCtx); f.err != nil { // another process may be using the refresh token
		return nil, f.err
	}
	f.interrupted = interrupted(lockCtx)
	a.ask(ctx, lockCtx, f)
	o := f.ifSaved()
	switch o.step {
	case save:
		return o.write.Encode()
	case remove:
		return a.persist.bury(f.session.Record, o.reason())
	default:
		return nil, f.err // an error tells the store that nothing was changed
	}
}

// glance reads the store without its lock, and reports whether that is enough: another process has
// refreshed the session already, or the token endpoint asked to wait. Most refreshes of a fleet end
// here, without a queue at the lock.
//
// What was read without the lock may be outdated by now, so it must not end a session or send a
// refresh token. It may only bring a newer token, or a reason to wait.
func (a *Interceptor) glance(ctx context.Context, f *facts) bool {
	r, _ := a.persist.read(ctx)
	return a.suffices(f, r)
}

// suffices reports whether r, which was read without the lock, is enough, and puts it among the
// facts if it is. It is asked by glance, and by a store that had to wait for the lock. Nil, which
// is nothing or what cannot be read, is never enough: the lock decides whether that is an outage or
// an end.
func (a *Interceptor) suffices(f *facts, r *record.Record) bool {
	seen := *f
	seen.read, seen.stored, seen.at, seen.storeErr = true, r, time.Now(), nil
	seen.superseded = a.state.superseded(f.session, r)
	if o := decide(seen); o.next == nil && o.failure == nil {
		return false
	}
	*f = seen
	return true
}

// readAfterLoss learns what the next holder of a lock that was lost has stored: that holder may
// have spent the refresh token, and its word wins. The context of the refresh may have ended with
// the lock, so the read gets its own.
func (a *Interceptor) readAfterLoss(f *facts) {
	ctx, cancel := context.WithTimeout(context.Background(), a.config.RefreshTimeout)
	defer cancel()
	if r, err := a.persist.read(ctx); err == nil {
		f.lost, f.stored = true, r
		f.superseded = a.state.superseded(f.session, r)
	}
}

// checkRefreshWindow refuses a refresh if too many recent ones did not help. It is checked under
// the lock, after the store: a token of another process is welcome at any time.
func (a *Interceptor) checkRefreshWindow() error {
	limit := a.config.RefreshWindow
	left := a.state.refreshWait(time.Now(), limit)
	if left <= 0 {
		return nil
	}
	return &RefreshError{
		RetryAfter: left,
		Err:        fmt.Errorf("%w: %d within %v did not help", ErrExcessiveRefresh, limit.MaxAttempts, limit.Interval),
	}
}

// waitForLogin waits until the outcome of the Login is known that has stored another session
// already. It reports whether that Login succeeded; if not, the refresh has failed.
//
// A Login holds the write lock from before it stores its session until that is current or given up.
// So when the lock was to be had, the outcome is known.
func (a *Interceptor) waitForLogin(ctx context.Context, s *session) (bool, error) {
	if a.state.superseded(s, nil) {
		return true, nil
	}
	unlock, err := a.lockWrites(ctx)
	if err != nil {
		return false, err
	}
	unlock()
	if a.state.superseded(s, nil) {
		return true, nil
	}
	return false, errLoginFailed
}

var errLoginFailed = errors.New("auth: a Login that failed came in between")
