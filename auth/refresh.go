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

// refreshOnce returns a session that replaces old. If none has replaced it yet, old is refreshed.
// All callers that ask on behalf of the same session share one refresh and its outcome, success or
// failure: the server would take a second request with the same refresh token for theft. If before
// is not nil, it is called before a wait.
func (a *Interceptor) refreshOnce(ctx context.Context, old *session, t trigger, before func()) (*session, error) {
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

var errStuck = fmt.Errorf("the refresh did not end in time: %w", context.DeadlineExceeded)

// refreshAhead refreshes s in the background, unless a refresh is under way. No caller waits for
// it, so its failure fails no request: the token can be used until it expires. Every request in the
// last seconds of a token calls it, so it looks before it locks.
func (a *Interceptor) refreshAhead(s *session) {
	if a.state.refresh.Load() == nil {
		_, _, _ = a.state.joinRefresh(s, early, a.start)
	}
}

// start begins the refresh of s on a goroutine of its own. It returns nil if the interceptor is
// closed. It is called with the mutex of state held, so it must not wait for anything. The refresh
// gets a context of its own: a caller's cancellation ends only the caller's wait.
//
// All callers stop waiting after the time that the store's lock and the Refresher may take
// together, and the Refresher's grace. Neither a store that ignores its context nor a Refresher
// that waits for its own session can wedge them. One timer per refresh does this: with thousands of
// callers, a timer for each would cost more than the rest of their work.
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

// run refreshes s: it collects the facts, lets decide say what they mean, and publishes the
// outcome.
//
// Thousands of requests may be waiting, so nothing that the user's code does, not even a panic or
// [runtime.Goexit], may keep run from finishing the call. This is why storeErr starts as the error
// of a store that never returned, and why the last steps run in a deferred function. Their order
// matters:
//
//   - apply comes first, so that callers find the new session when they wake up.
//   - The events come next, so that OnEvent has seen a new token before a request carries it.
//   - The callers come next, even if OnEvent panics.
//   - The revocation comes last: it goes over the network, and no caller waits for it.
func (a *Interceptor) run(ctx context.Context, c *call, s *session) {
	f := facts{session: s, storeErr: errVanished, policy: a.policyNow()}
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

// apply publishes the outcome of a refresh of s. It returns what the waiting callers get, and a
// token to revoke if there is one that will not be used.
func (a *Interceptor) apply(s *session, o outcome) (next *session, unused *Token, err error) {
	next, unused = o.successor(s, a.policy), o.revoke
	if next == nil || !a.state.publish(s, next, o) {
		// A Login or Logout was faster. The callers get the session that it left, if it belongs to
		// the same user. A token that arrived too late must not stay valid at the server.
		if o.hasNewToken() {
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

// revokeUnused revokes a token that will not be used. t may be nil.
func (a *Interceptor) revokeUnused(t *Token) {
	if t != nil {
		_ = a.revoke(context.Background(), *t) // there is no caller to return the error to
	}
}
