package auth

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"
)

// current returns what is known of the session, after reading the store if nothing is.
func (a *Interceptor) current(ctx context.Context) (*session, error) {
	if s := a.state.Load(); s != nil {
		return s, nil
	}
	return a.load(ctx, nil)
}

// reload reads the store again, if old, which is signed out, is still all that is known.
func (a *Interceptor) reload(ctx context.Context, old *session) (*session, error) {
	if s := a.state.Load(); s != old && s != nil {
		return s, nil
	}
	if old.reason == ReasonReplaced {
		return old, nil // what is stored is somebody else's
	}
	return a.load(ctx, old)
}

// load reads the store once for everyone who waits.
func (a *Interceptor) load(ctx context.Context, old *session) (*session, error) {
	a.mu.Lock()
	if s := a.state.Load(); s != old {
		a.mu.Unlock()
		return s, nil
	}
	f := a.loading
	if f == nil {
		f = newFlight()
		epoch := a.epoch
		if !a.spawn(func() { a.runLoad(f, old, epoch) }) {
			a.mu.Unlock()
			if old != nil {
				return old, nil
			}
			return nil, fmt.Errorf("auth: %w", ErrClosed)
		}
		a.loading = f
	}
	a.mu.Unlock()
	return f.wait(ctx)
}

func (a *Interceptor) runLoad(f *flight, old *session, epoch epoch) {
	ctx, cancel := context.WithTimeout(context.Background(), a.config.RefreshTimeout)
	defer cancel()
	r, err := a.read(ctx)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.loading = nil
	s := a.state.Load()
	switch {
	case s != old: // Login or Logout came first
		f.land(s, nil)
		return
	case err != nil:
		f.land(nil, err)
		return
	case r != nil && a.leaving == 0 && r.Session != a.ended:
		s = newSession(r, epoch, a.config.ExpiryWindow)
	case s == nil:
		s = signedOut(ReasonNone, epoch)
	}
	a.state.Store(s)
	f.land(s, nil)
}

// read returns the stored record, nil if there is none.
func (a *Interceptor) read(ctx context.Context) (r *record, err error) {
	defer func() { err = recovered("Store", recover(), err) }()
	data, err := a.config.Store.Load(ctx, a.config.Account)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil //nolint:nilnil // absence is an answer, not an error
	case err != nil:
		return nil, fmt.Errorf("auth: the stored session cannot be read: %w", err)
	}
	return decodeRecord(data, a.config.Account)
}

// adopt returns the session of a record that another process has stored.
func (a *Interceptor) adopt(r *record, from *session) *session {
	return newSession(r, from.epoch, a.config.ExpiryWindow)
}

// publish makes next what is known and ends the refresh of from, at once; unless a Login or Logout has come since, which
// has done both.
func (a *Interceptor) publish(from, next *session) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.epoch != from.epoch {
		return false
	}
	a.state.Store(next)
	a.refreshing = nil
	return true
}

// window is the times of refreshes that have not helped yet.
type window []time.Time

// admit counts an attempt, or says how long until the next one may be made.
func (w *window) admit(now time.Time, limit RefreshWindow) time.Duration {
	*w = slices.DeleteFunc(*w, func(t time.Time) bool { return now.Sub(t) >= limit.Interval })
	if limit.MaxAttempts < 0 {
		return 0
	}
	if len(*w) >= limit.MaxAttempts {
		return limit.Interval - now.Sub((*w)[0])
	}
	*w = append(*w, now)
	return 0
}
