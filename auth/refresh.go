package auth

import (
	"context"
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
// that ask on behalf of the same session share one refresh and its outcome, failure included: a
// second request with the same refresh token would be taken for theft. Before, if not nil, is
// called before a wait.
func (a *Interceptor) refreshed(ctx context.Context, old *session, t trigger, before func()) (*session, error) {
	if a.isInside(ctx) { // the Refresher would wait for itself
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
// fails: whatever comes of it, the token still serves until it has expired. It is called by every
// request in the last seconds of a token, so it looks before it locks.
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
		limit, stop := wait.WhileAwake(context.Background(), 2*a.config.RefreshTimeout+refresherGrace)
		defer stop()
		defer context.AfterFunc(limit, func() { c.finish(nil, &RefreshError{Err: errStuck}) })()
		a.run(ctx, c, s)
	}
	if !a.workers.Start(work) {
		abort()
		return nil
	}
	return c
}

// run refreshes s: it collects the facts, has decide say what they mean, and makes that known.
//
// Nothing that the user's code does, a panic or [runtime.Goexit] included, keeps it from finishing
// the call; thousands of requests may be waiting for it. So saveErr starts as the error of a store
// that never returned, and the end is deferred. The order at the end matters:
//
//   - apply first, so that whoever is woken finds the new session,
//   - then the events, so that OnEvent has seen a new token before a request is sent with it,
//   - then the waiters, even if OnEvent panics,
//   - the revocation last: it goes over the network, and nobody waits for it.
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
	a.collect(ctx, &f)
}

// apply makes the outcome of a refresh of s known, and returns what those who wait for it get.
// Unused is a token to revoke.
func (a *Interceptor) apply(s *session, o outcome) (next *session, unused *Token, err error) {
	next, unused = o.session(s, a.policy), o.revoke
	if next == nil || !a.state.publish(s, next, o) {
		// A Login or Logout was faster. The waiters get what it left, if that is of the same user,
		// and the token that arrived too late must not stay alive at the server.
		if o.refreshed() {
			unused = (*Token)(&o.next.Token)
		}
		next, err = a.state.current.Load().replacing(s)
		return next, unused, err
	}
	if o.pending != nil {
		a.retrySave(o.pending)
	}
	if err := o.err(); err != nil {
		return nil, unused, err
	}
	return next, unused, nil
}

// revokeUnused tells the server about a token that nobody will use.
func (a *Interceptor) revokeUnused(t *Token) {
	if t != nil {
		_ = a.revoke(context.Background(), *t) // no caller is left to get the error
	}
}
