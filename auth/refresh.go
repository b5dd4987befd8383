package auth

import (
	"context"
	"errors"
	"time"
)

// why a token is to be refreshed.
type why uint8

const (
	early   why = iota // it is about to expire
	expired            // it has
	refused            // the server did not accept it
	asked              // Interceptor.Refresh
)

// refreshed returns a session that is newer than old, refreshing old if there is none. Everyone who asks on behalf of the
// same session shares one refresh and its outcome, failure included.
func (a *Interceptor) refreshed(ctx context.Context, old *session, y why) (*session, error) {
	if a.isInside(ctx) {
		return nil, &RefreshError{Err: errInside}
	}
	a.mu.Lock()
	s, f := a.state.Load(), a.refreshing.Load()
	var err error
	switch {
	case s.succeeds(old):
		a.mu.Unlock()
		return s.instead(old)
	case f != nil:
	case s.failure != nil && s.failure != old.failure && s.failure.stands(time.Now()):
		err = s.failure.err // it failed while the request was on its way
	default:
		f, err = a.takeOff(s, y)
	}
	a.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return f.wait(ctx)
}

// refreshAhead refreshes s in the background, if that is not under way. Nobody waits, so nobody fails.
func (a *Interceptor) refreshAhead(s *session) {
	if a.refreshing.Load() != nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.refreshing.Load() == nil && a.state.Load() == s {
		_, _ = a.takeOff(s, early)
	}
}

// takeOff starts the refresh of s, unless the last one failed too recently. The mutex is held.
func (a *Interceptor) takeOff(s *session, y why) (*flight, error) {
	now := time.Now()
	if s.failure != nil {
		left := s.failure.rest(now)
		if y == early {
			left = s.failure.eagerRest(now)
		}
		if left > 0 {
			err := *s.failure.err
			err.RetryAfter = left
			return nil, &err
		}
	}
	if y == refused && s.failure == nil && s.Generation > 1 && !s.proven.Load() {
		a.attempts.add(now) // the refresh that brought this token did not help
	}
	ctx, abort := context.WithCancel(context.Background())
	f := newFlight()
	f.abort = abort
	if !a.spawn(func() { defer abort(); a.fly(ctx, f, s) }) {
		abort()
		return nil, &RefreshError{Err: ErrClosed}
	}
	a.refreshing.Store(f)
	return f, nil
}

// fly refreshes s and tells everyone. Nothing that the user's code does keeps it from landing.
func (a *Interceptor) fly(ctx context.Context, f *flight, s *session) {
	o := outcome{err: errVanished}
	defer func() {
		next, err := a.settle(s, &o)
		defer a.dispose(&o)
		defer f.land(next, err)
		a.tell()
	}()
	a.refresh(ctx, s, &o)
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
	tried    bool    // the Refresher was called

	orphan *Token // a token to revoke, because it came too late
}

// refresh does the work, under the lock of the store. Until it returns o.err tells that it has not.
func (a *Interceptor) refresh(ctx context.Context, s *session, o *outcome) {
	limited, cancel := context.WithTimeout(ctx, a.config.RefreshTimeout)
	defer cancel()
	var failed error // what the callback returned, which the store may have wrapped
	err := a.update(limited, func(inside context.Context, old []byte) ([]byte, error) {
		value, err := a.decide(ctx, inside, s, old, o)
		failed = err
		return value, err
	})
	if failed != nil {
		err = failed
	}
	o.err = err
	if o.stale {
		o.stale, o.err = a.succeeded(limited, s)
	}
}

// succeeded waits until the Login is known that has stored another session already, and tells whether there was one: where it
// failed after all, the refresh has, too.
func (a *Interceptor) succeeded(ctx context.Context, s *session) (bool, error) {
	if a.overtaken(s, nil) {
		return true, nil
	}
	leave, err := a.takeTurn(ctx)
	if err != nil {
		return false, err
	}
	leave()
	return a.overtaken(s, nil), errLoginFailed
}

var errLoginFailed = errors.New("auth: a Login that failed came in between")

// decide returns what to store in the place of old. Inside is the context the store gave.
func (a *Interceptor) decide(flying, inside context.Context, s *session, old []byte, o *outcome) ([]byte, error) {
	stored, err := decodeRecord(old, a.config.Account)
	if err != nil {
		return nil, err
	}
	if a.overtaken(s, stored) {
		o.stale = true
		return old, nil
	}
	if o.compare(stored, s) {
		return old, nil
	}
	if err := a.admit(); err != nil {
		return nil, err
	}
	o.tried = true
	inside, cancel := context.WithTimeout(a.inside(context.WithoutCancel(inside)), a.config.RefreshTimeout)
	defer cancel()
	defer context.AfterFunc(flying, cancel)()
	return a.exchange(inside, s, o)
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
