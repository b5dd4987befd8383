package auth

import (
	"context"
	"fmt"
)

// current returns what is known of the session, after reading the store if nothing is.
func (a *Interceptor) current(ctx context.Context) (*session, error) {
	if s := a.state.Load(); s != nil {
		return s, nil
	}
	return a.load(ctx, nil)
}

// latest is current for those who ask for the session itself: where nobody is signed in, another process may have changed
// that.
func (a *Interceptor) latest(ctx context.Context) (*session, error) {
	s, err := a.current(ctx)
	if err != nil || s.signedIn() {
		return s, err
	}
	return a.reload(ctx, s), nil
}

// reload reads the store again, if old, which is signed out, is still all that is known. Where that fails, it stays so.
func (a *Interceptor) reload(ctx context.Context, old *session) *session {
	if old.reason == ReasonReplaced {
		return a.state.Load() // what is stored is somebody else's
	}
	now, err := a.load(ctx, old)
	if err != nil {
		return old
	}
	return now
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
		if !a.spawn(func() { a.runLoad(f) }) {
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

func (a *Interceptor) runLoad(f *flight) {
	ctx, cancel := context.WithTimeout(context.Background(), a.config.RefreshTimeout)
	defer cancel()
	var r *record
	err := errVanished
	defer func() { f.land(a.loaded(f, r, err)) }()
	r, err = a.read(ctx)
}

// loaded makes what was read known, unless a Login or Logout has disowned the flight.
func (a *Interceptor) loaded(f *flight, r *record, err error) (*session, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.state.Load()
	if a.loading != f {
		return s, nil
	}
	a.loading = nil
	switch {
	case err != nil:
		return nil, err
	case r != nil && a.leaving == 0 && !a.debt.covers(r):
		s = newSession(r, a.epoch, a.config.ExpiryWindow)
		s.loaded = true
	case s == nil:
		s = signedOut(ReasonNone, a.epoch, "")
	}
	a.state.Store(s)
	return s, nil
}
