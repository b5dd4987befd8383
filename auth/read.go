package auth

import (
	"context"
	"fmt"
)

// current returns what is known of the session, after reading the store if nothing is.
func (a *Interceptor) current(ctx context.Context) (*session, error) {
	if s := a.state.current.Load(); s != nil {
		return s, nil
	}
	return a.read(ctx, nil)
}

// latest is current for callers that ask about the session itself: if nobody is signed in, another
// process may have changed that.
func (a *Interceptor) latest(ctx context.Context) (*session, error) {
	s, err := a.current(ctx)
	if err != nil || s.signedIn() {
		return s, err
	}
	return a.reread(ctx, s), nil
}

// reread reads the store again if old, which is signed out, is still all that is known. If that fails,
// it stays so.
func (a *Interceptor) reread(ctx context.Context, old *session) *session {
	if old.reason == ReasonReplaced {
		return a.state.current.Load() // what is stored is another user's
	}
	now, err := a.read(ctx, old)
	if err != nil {
		return old
	}
	return now
}

// read reads the store once for all callers that wait, if old is all that is known.
func (a *Interceptor) read(ctx context.Context, old *session) (*session, error) {
	s, c := a.state.joinRead(old, a.startRead)
	switch {
	case c != nil:
		return c.wait(ctx)
	case s == nil: // closed, before anything was read
		return nil, fmt.Errorf("auth: %w", ErrClosed)
	default:
		return s, nil
	}
}

// startRead begins a read on a goroutine of its own; nil if the interceptor is closed. The state is locked.
func (a *Interceptor) startRead() *call {
	c := newCall()
	if !a.workers.start(func() { a.runRead(c) }) {
		return nil
	}
	return c
}

func (a *Interceptor) runRead(c *call) {
	ctx, cancel := context.WithTimeout(context.Background(), a.config.RefreshTimeout)
	defer cancel()
	var loaded *session
	err := errVanished
	defer func() { c.finish(a.state.finishRead(c, loaded, err)) }()
	var r *record
	if r, err = a.persist.read(ctx); r != nil {
		loaded = newSession(r, "", a.config.ExpiryWindow)
		loaded.loaded = true
	}
}
