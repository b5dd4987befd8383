package auth

import (
	"errors"
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
	case o.err != nil:
		return a.settleFailure(s, o)
	case o.adopted != nil:
		next := a.adopt(o.adopted, s)
		if !a.publish(s, next) {
			return a.state.Load().instead(s)
		}
		return next, nil
	case o.replaced != nil:
		return a.end(s, o, &LoginRequiredError{Reason: ReasonReplaced})
	default:
		return a.end(s, o, &LoginRequiredError{Reason: ReasonLogout})
	}
}

// settleNew publishes the server's answer. A store that did not take it does not stop the work: the pair lives in memory
// until the store has it.
func (a *Interceptor) settleNew(s *session, o *outcome) (*session, error) {
	next := newSession(o.next, s.epoch, a.config.ExpiryWindow)
	next.unsaved = o.err != nil
	if !a.publish(s, next) {
		o.orphan = &o.next.Token
		return a.state.Load().instead(s)
	}
	o.events = append(o.events, Event{Kind: TokenRefreshed, Expiry: next.Expiry})
	if next.unsaved {
		o.events = append(o.events, Event{Kind: PersistFailed, Err: persistError("save", o.err)})
		a.owe(&debt{record: next.record, epoch: s.epoch})
	} else {
		a.settled(next.record)
	}
	return next, nil
}

func (a *Interceptor) settleFailure(s *session, o *outcome) (*session, error) {
	err := &RefreshError{Err: o.err}
	if re, ok := errors.AsType[*RefreshError](o.err); ok {
		c := *re
		err = &c
	}
	next := s.failed(err, time.Now())
	if err.RetryAfter == 0 {
		err.RetryAfter = next.failure.backoff()
	}
	if !a.publish(s, next) {
		return a.state.Load().instead(s)
	}
	o.events = append(o.events, Event{Kind: RefreshFailed, Err: err})
	return nil, err
}

// end signs out, here only: the store has no session of ours any more.
func (a *Interceptor) end(s *session, o *outcome, err *LoginRequiredError) (*session, error) {
	if !a.publish(s, signedOut(err.Reason, s.epoch)) {
		return a.state.Load().instead(s)
	}
	a.mu.Lock()
	a.ended = s.Session
	a.mu.Unlock()
	o.events = append(o.events, Event{Kind: SignedOut, Reason: err.Reason, Err: err.Err})
	if o.dead != nil && o.err != nil { // the dead session is still stored
		a.owe(&debt{session: s.Session, epoch: s.epoch})
		o.events = append(o.events, Event{Kind: PersistFailed, Err: persistError("delete", o.err)})
	}
	return nil, err
}

// instead returns s for a request that was signed with old, which has been replaced, or why it must not be sent again.
func (s *session) instead(old *session) (*session, error) {
	switch {
	case !s.signedIn():
		return nil, &LoginRequiredError{Reason: s.reason}
	case !s.continues(old):
		return nil, &LoginRequiredError{Reason: ReasonReplaced}
	default:
		return s, nil
	}
}
