package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/internal/wait"
)

// trigger is why a token is refreshed.
type trigger uint8

const (
	early   trigger = iota // it is about to expire
	expired                // it has expired
	refused                // the server did not accept it
	manual                 // Interceptor.Refresh
)

// refreshed returns a session that is newer than old, refreshing old if there is none. All callers
// that ask on behalf of the same session share one refresh and its outcome, failure included.
// Before, if not nil, is called before a wait.
func (a *Interceptor) refreshed(ctx context.Context, old *session, t trigger, before func()) (*session, error) {
	if a.isInside(ctx) {
		return nil, &RefreshError{Err: errInside}
	}
	s, c, err := a.state.joinRefresh(old, t, a.start)
	if c == nil {
		return s, err
	}
	if before != nil {
		before()
	}
	return c.wait(ctx)
}

var errStuck = fmt.Errorf("the refresh has not come to an end: %w", context.DeadlineExceeded)

// refreshAhead refreshes s in the background, unless that is under way. Nobody waits, so nobody
// fails.
func (a *Interceptor) refreshAhead(s *session) {
	if a.state.refresh.Load() == nil {
		_, _, _ = a.state.joinRefresh(s, early, a.start)
	}
}

// start begins the refresh of s on a goroutine of its own; nil if the interceptor is closed. The
// state is locked. The refresh gets a context of its own: a caller's cancellation ends only the
// caller's wait.
//
// All waits end after the time that the store's lock and the Refresher may take together, so that
// neither a store that ignores its context nor a Refresher that waits for its own session can wedge
// the callers. One timer of the refresh sees to it: a timer for each of thousands of callers would
// cost more than all else that they do.
func (a *Interceptor) start(s *session) *call {
	ctx, abort := context.WithCancel(context.Background())
	c := newCall()
	c.abort = abort
	work := func() {
		defer abort()
		stuck := func() { c.finish(nil, &RefreshError{Err: errStuck}) }
		defer time.AfterFunc(2*a.config.RefreshTimeout+refresherGrace, stuck).Stop()
		a.run(ctx, c, s)
	}
	if !a.workers.Start(work) {
		abort()
		return nil
	}
	return c
}

// run refreshes s: it collects the facts and carries out what decide makes of them. Nothing that
// the user's code does, a panic or [runtime.Goexit] included, keeps it from finishing the call.
func (a *Interceptor) run(ctx context.Context, c *call, s *session) {
	f := facts{session: s, saveErr: errVanished, policy: a.policyNow()}
	defer func() {
		if f.at.IsZero() {
			f.at = time.Now()
		}
		next, unused, err := a.apply(s, decide(f))
		defer a.revokeUnused(unused)
		defer c.finish(next, err)
		a.deliver()
	}()
	a.collect(ctx, s, &f)
}

// collect takes the store's lock, reads, asks the server if that is necessary, and saves.
func (a *Interceptor) collect(aborted context.Context, s *session, f *facts) {
	ctx, cancel := context.WithTimeout(aborted, a.config.RefreshTimeout)
	defer cancel()
	if a.glance(ctx, f) {
		return
	}
	bury := func(why Reason) ([]byte, error) { return a.persist.bury(s.Record, why) }
	f.saveErr = a.persist.update(ctx, func(inside context.Context, old []byte) ([]byte, error) {
		if f.stored, f.err = a.persist.decode(old); f.err != nil {
			return nil, f.err
		}
		f.read, f.superseded, f.at = true, a.state.superseded(s, f.stored), time.Now()
		if o := f.withoutErrors(); o.step != ask {
			return o.value(old, bury)
		}
		if f.err = a.checkRefreshWindow(); f.err != nil {
			return nil, f.err
		}
		if inside.Err() != nil { // the lock is lost: another process may be using the refresh token
			f.err = wait.Why(inside)
			return nil, f.err
		}
		f.interrupted = interrupted(inside)
		a.ask(aborted, inside, f)
		o := f.withoutErrors()
		if o.failure != nil && o.step == keep {
			return nil, f.err
		}
		return o.value(old, bury)
	})
	switch {
	case f.superseded && !f.asked:
		f.superseded, f.err = a.waitForLogin(ctx, s)
	case isLost(f.saveErr) || isLost(f.err):
		a.readAfterLoss(f)
	case f.saveErr == nil && f.asked && f.err == nil:
		a.persist.wiped.Store(false) // it has our session again
	}
}

// glance reads the store without its lock, and reports whether that is enough: another process has
// refreshed the session already, or the token endpoint asked to wait. Most refreshes of a fleet end
// here.
func (a *Interceptor) glance(ctx context.Context, f *facts) bool {
	r, err := a.persist.read(ctx)
	if err != nil || r == nil {
		return false
	}
	seen := *f
	seen.read, seen.stored, seen.at, seen.saveErr = true, r, time.Now(), nil
	seen.superseded = a.state.superseded(f.session, r)
	if o := decide(seen); seen.superseded || o.next == nil && o.failure == nil {
		return false
	}
	*f = seen
	return true
}

// readAfterLoss learns what the next holder of a lock that was lost has stored.
func (a *Interceptor) readAfterLoss(f *facts) {
	ctx, cancel := context.WithTimeout(context.Background(), a.config.RefreshTimeout)
	defer cancel()
	if r, err := a.persist.read(ctx); err == nil {
		f.lost, f.stored = true, r
		f.superseded = a.state.superseded(f.session, r)
	}
}

// checkRefreshWindow refuses a refresh if too many recent ones did not help.
func (a *Interceptor) checkRefreshWindow() error {
	limit := a.config.RefreshWindow
	wait := a.state.refreshWait(time.Now(), limit)
	if wait <= 0 {
		return nil
	}
	return &RefreshError{
		RetryAfter: wait,
		Err:        fmt.Errorf("%w: %d within %v did not help", ErrExcessiveRefresh, limit.MaxAttempts, limit.Interval),
	}
}

// waitForLogin waits until the outcome of the Login is known that has stored another session
// already. It reports whether that Login succeeded; if not, the refresh has failed.
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

// apply makes the outcome of a refresh of s known, and returns what those who wait for it get.
// Unused is a token to revoke.
func (a *Interceptor) apply(s *session, o outcome) (next *session, unused *Token, err error) {
	next = o.session(s, a.policy)
	if next == nil || !a.state.publish(s, next, o) {
		unused = o.revoke
		if o.refreshed() {
			unused = (*Token)(&o.next.Token) // it arrived too late
		}
		next, err = a.state.current.Load().replacing(s)
		return next, unused, err
	}
	if o.pending != nil {
		a.retrySave(o.pending)
	}
	if err := o.err(); err != nil {
		return nil, nil, err
	}
	return next, nil, nil
}

// revokeUnused tells the server about a token that nobody will use.
func (a *Interceptor) revokeUnused(t *Token) {
	if t != nil {
		_ = a.revoke(context.Background(), *t) // best effort, and nobody to tell
	}
}
