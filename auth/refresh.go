package auth

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// refreshed returns a session that is newer than old, refreshing old if there is none. Everyone who asks on behalf of the
// same session shares one refresh and its outcome, failure included.
func (a *Interceptor) refreshed(ctx context.Context, old *session) (*session, error) {
	a.mu.Lock()
	s := a.state.Load()
	switch {
	case s.succeeds(old):
		a.mu.Unlock()
		return s.instead(old)
	case a.refreshing != nil:
	case s != old && s.failure != nil: // it failed while the request was on its way
		a.mu.Unlock()
		return nil, s.failure.err
	default:
		if err := a.takeOff(s, (*failure).rest); err != nil {
			a.mu.Unlock()
			return nil, err
		}
	}
	f := a.refreshing
	a.mu.Unlock()
	return f.wait(ctx)
}

// refreshAhead refreshes s in the background, if that is not under way. Nobody waits, so nobody fails.
func (a *Interceptor) refreshAhead(s *session) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.refreshing == nil && a.state.Load() == s {
		_ = a.takeOff(s, (*failure).eagerRest)
	}
}

// takeOff starts the refresh of s, unless the last one failed too recently. The mutex is held.
func (a *Interceptor) takeOff(s *session, rest func(*failure, time.Time) time.Duration) error {
	if s.failure != nil {
		if left := rest(s.failure, time.Now()); left > 0 {
			err := *s.failure.err
			err.RetryAfter = left
			return &err
		}
	}
	f := newFlight()
	if !a.spawn(func() { a.fly(f, s) }) {
		return &RefreshError{Err: ErrClosed}
	}
	a.refreshing = f
	return nil
}

// fly refreshes s and tells everyone.
func (a *Interceptor) fly(f *flight, s *session) {
	o := a.refresh(s)
	next, err := a.settle(s, &o)
	for _, e := range o.events {
		a.emit(e)
	}
	f.land(next, err)
	if o.orphan != nil { // nobody will use it
		_ = a.revoke(context.Background(), *o.orphan)
	}
}

// outcome is what a refresh came to.
type outcome struct {
	next     *record // the server's answer
	adopted  *record // another process's newer token
	replaced *record // another login's session
	gone     bool    // the store has no session
	dead     error   // the server refused the refresh token for good
	stale    bool    // Login or Logout came in between
	err      error   // anything else: the session is kept

	orphan *Token // a token to revoke, because it came too late
	events []Event
}

// refresh does the work, under the lock of the store.
func (a *Interceptor) refresh(s *session) (o outcome) {
	ctx, cancel := context.WithTimeout(context.Background(), a.config.RefreshTimeout)
	defer cancel()
	defer func() { o.err = recovered("Store", recover(), o.err) }()
	err := a.config.Store.Update(ctx, a.config.Account, func(ctx context.Context, old []byte) ([]byte, error) {
		stored, err := decodeRecord(old, a.config.Account)
		if err != nil {
			return nil, err
		}
		if a.overtaken(s) {
			o.stale = true
			return old, nil
		}
		if o.compare(stored, s) {
			return old, nil
		}
		return a.exchange(ctx, s, old, &o)
	})
	o.err = err
	return o
}

// compare decides whether what is stored makes a refresh of s unnecessary.
func (o *outcome) compare(stored *record, s *session) bool {
	switch {
	case stored == nil:
		o.gone = true
	case stored.Session != s.Session && sameSubject(stored.AccessToken, s.AccessToken):
		o.adopted = stored
	case stored.Session != s.Session:
		o.replaced = stored
	case stored.Generation > s.Generation,
		stored.Generation == s.Generation && stored.RefreshToken != s.RefreshToken:
		o.adopted = stored
	default:
		return false
	}
	return true
}

// exchange spends the refresh token and returns what to store.
func (a *Interceptor) exchange(ctx context.Context, s *session, old []byte, o *outcome) ([]byte, error) {
	if wait := a.admit(); wait > 0 {
		return nil, &RefreshError{RetryAfter: wait, Err: fmt.Errorf("%w: %d within %v did not help",
			ErrExcessiveRefresh, a.config.RefreshWindow.MaxAttempts, a.config.RefreshWindow.Interval)}
	}
	t, err := callRefresher(ctx, a.config.Refresher, s.Token, a.config.RefreshTimeout)
	if a.overtaken(s) {
		o.stale = true
		if err == nil {
			o.orphan = &s.rotate(t, time.Now()).Token
		}
		if a.state.Load().signedIn() { // Login waits for the lock, and replaces what is there
			return old, nil
		}
		return nil, nil // deletes: Logout may have been interrupted
	}
	switch {
	case errors.Is(err, ErrInvalidGrant):
		o.dead = err
		return nil, nil // deletes: under the lock nobody can have stored a newer token
	case err != nil:
		return nil, err
	}
	if t.Expiry.IsZero() {
		t.Expiry = jwtExpiry(t.AccessToken, time.Now())
	}
	next := s.rotate(t, time.Now())
	data, err := next.encode()
	if err != nil {
		return nil, err
	}
	o.next = next
	return data, nil
}

func (a *Interceptor) admit() time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.attempts.admit(time.Now(), a.config.RefreshWindow)
}

// prove notes that the server accepts the token of s.
func (a *Interceptor) prove(s *session) {
	if s.proven.Load() || !s.proven.CompareAndSwap(false, true) {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.attempts = nil
}

// overtaken tells whether Login or Logout came after s.
func (a *Interceptor) overtaken(s *session) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.epoch != s.epoch
}
