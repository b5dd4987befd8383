package auth

import (
	"context"
	"time"
)

// settle makes the outcome of a refresh known: what the waiters get, and what happened.
func (a *Interceptor) settle(s *session, o *outcome) (*session, error) {
	switch {
	case o.stale:
		return a.state.Load().instead(s)
	case o.next != nil:
		return a.settleNew(s, o)
	case o.dead != nil:
		return a.end(s, o, &LoginRequiredError{Reason: ReasonInvalidGrant, Err: o.dead})
	case o.adopted != nil:
		next := newSession(o.adopted, s.epoch, a.config.ExpiryWindow)
		next.loaded = true
		if !a.publish(s, next, func() {}) {
			return a.state.Load().instead(s)
		}
		return next, nil
	case o.replaced != nil:
		return a.end(s, o, &LoginRequiredError{Reason: ReasonReplaced})
	case o.gone:
		return a.end(s, o, &LoginRequiredError{Reason: ReasonLogout})
	default:
		return a.settleFailure(s, o)
	}
}

// settleNew publishes the server's answer. A store that did not take it does not stop the work: the pair lives in memory
// until the store has it.
func (a *Interceptor) settleNew(s *session, o *outcome) (*session, error) {
	next := newSession(o.next, s.epoch, a.config.ExpiryWindow)
	known := a.publish(s, next, func() {
		a.debt = nil // an older one
		a.note(Event{Kind: TokenRefreshed, Expiry: next.Expiry})
		if o.err != nil {
			a.owe(&debt{record: next.record, session: next.Session})
			a.note(Event{Kind: PersistFailed, Err: persistError("save", o.err)})
		}
	})
	if !known {
		o.orphan = &o.next.Token
		return a.state.Load().instead(s)
	}
	return next, nil
}

func (a *Interceptor) settleFailure(s *session, o *outcome) (*session, error) {
	err := newRefreshError(o.err)
	now := time.Now()
	next := s.failed(err, now)
	if err.RetryAfter == 0 {
		err.RetryAfter = next.failure.backoff()
	}
	known := a.publish(s, next, func() {
		if o.tried {
			a.attempts.add(now)
		}
		a.note(Event{Kind: RefreshFailed, Err: err})
	})
	if !known {
		return a.state.Load().instead(s)
	}
	return nil, err
}

// publish makes next what is known, ends the refresh of from, and does the rest, all at once; unless a new epoch has begun,
// which has done the first two.
func (a *Interceptor) publish(from, next *session, rest func()) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.epoch != from.epoch {
		return false
	}
	a.state.Store(next)
	a.refreshing.Store(nil)
	rest()
	return true
}

// end signs out, here only: the store has no session of ours any more, or is still to be told.
func (a *Interceptor) end(s *session, o *outcome, err *LoginRequiredError) (*session, error) {
	var d *debt
	if o.dead != nil && o.err != nil {
		d = &debt{session: s.Session}
	}
	if !a.signOut(s, err, d, o.err) {
		return a.state.Load().instead(s)
	}
	return nil, err
}

// signOut forgets s, unless a new epoch has begun. The store owes d, if there is one, from that moment on, because of failed.
func (a *Interceptor) signOut(s *session, why *LoginRequiredError, d *debt, failed error) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.epoch != s.epoch {
		return false
	}
	a.begin()
	a.epoch.ends++
	a.state.Store(signedOut(why.Reason, a.epoch, s.Session))
	a.note(Event{Kind: SignedOut, Reason: why.Reason, Err: why.Err})
	if d != nil {
		a.owe(d)
		a.note(Event{Kind: PersistFailed, Err: persistError("delete", failed)})
	}
	return true
}

// dispose tells the server about a token that nobody will use.
func (a *Interceptor) dispose(o *outcome) {
	if o.orphan != nil {
		_ = a.revoke(context.Background(), *o.orphan)
	}
}
