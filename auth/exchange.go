package auth

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// exchange spends the refresh token of s and returns what to store.
func (a *Interceptor) exchange(ctx context.Context, s *session, o *outcome) ([]byte, error) {
	t, err := callRefresher(ctx, a.config.Refresher, s.Token)
	now := time.Now()
	if err == nil && t.Expiry.IsZero() {
		t.Expiry = jwtExpiry(t.AccessToken, now, time.Time{})
	}
	switch {
	case a.overtaken(s, nil): // by a Logout: a Login waits for the lock
		o.stale = true
		if err == nil {
			o.orphan = &s.rotate(t, now).Token
		}
		return nil, nil // deletes, since that Logout may have given up waiting
	case errors.Is(err, ErrInvalidGrant):
		o.dead = err
		return nil, nil // deletes: under the lock nobody can have stored a newer token
	case err != nil:
		return nil, err
	default:
		o.next = s.rotate(t, now)
		return o.next.encode()
	}
}

// callRefresher turns panics and useless answers into errors.
func callRefresher(ctx context.Context, r Refresher, old Token) (t Token, err error) {
	defer func() { err = scrub(recovered("Refresher", recover(), err), old, t) }()
	t, err = r.Refresh(ctx, old)
	if err == nil && t.AccessToken == "" {
		err = errors.New("the answer held no access token")
	}
	return t, err
}

// admit says no when refreshing has not helped too often.
func (a *Interceptor) admit() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	limit := a.config.RefreshWindow
	wait := a.attempts.wait(time.Now(), limit)
	if wait <= 0 {
		return nil
	}
	return &RefreshError{
		RetryAfter: wait,
		Err:        fmt.Errorf("%w: %d within %v did not help", ErrExcessiveRefresh, limit.MaxAttempts, limit.Interval),
	}
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

// overtaken tells whether Login or Logout came after s, or a Login has stored its session, which is not known yet: it is not
// another process's.
func (a *Interceptor) overtaken(s *session, stored *record) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.epoch != s.epoch || stored != nil && a.entering != "" && stored.Session == a.entering
}
