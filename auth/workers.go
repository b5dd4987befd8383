package auth

import (
	"context"
	"fmt"
	"sync"
)

// workers are the goroutines of an interceptor: Close waits for them and lets no other one start.
type workers struct {
	mu      sync.Mutex
	active  int
	closed  bool
	idle    chan struct{} // closed when active falls to 0, if Close waits for it
	closing chan struct{} // closed by close; made when it is first needed
}

// start runs work on a goroutine; false if the interceptor is closed.
func (w *workers) start(work func()) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return false
	}
	w.active++
	go func() {
		defer w.finished() // also after a panic or runtime.Goexit
		work()
	}()
	return true
}

// fork runs work on another goroutine, for a caller that is a worker itself: also while Close
// waits.
func (w *workers) fork(work func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.active++
	go func() {
		defer w.finished()
		work()
	}()
}

func (w *workers) finished() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.active--
	if w.active == 0 && w.idle != nil {
		close(w.idle)
		w.idle = nil
	}
}

// done returns a channel that is closed when the interceptor is.
func (w *workers) done() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.closingChannel()
}

func (w *workers) closingChannel() chan struct{} {
	if w.closing == nil {
		w.closing = make(chan struct{})
	}
	return w.closing
}

// close lets no goroutine start any more and waits for those that run.
func (w *workers) close(ctx context.Context) error {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.closingChannel())
	}
	if w.active > 0 && w.idle == nil {
		w.idle = make(chan struct{})
	}
	idle := w.idle
	w.mu.Unlock()
	if idle == nil {
		return nil
	}
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("auth: Close: a refresh is still under way: %w", whyDone(ctx))
	}
}

// closeIfIdle closes the interceptor if no goroutine of it runs, and reports whether it is closed
// now. A pending save has a goroutine, so nothing is lost.
func (w *workers) closeIfIdle() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.active > 0 {
		return false
	}
	if !w.closed {
		w.closed = true
		close(w.closingChannel())
	}
	return true
}

// Close waits for a refresh under way and its save, and tries once more to store what the store has
// not taken; ctx bounds both. Afterwards no goroutine of the interceptor is left, requests are
// still signed with the token that is known, and nothing is refreshed. A second Close waits and
// tries again.
func (a *Interceptor) Close(ctx context.Context) error {
	if err := a.workers.close(ctx); err != nil {
		return err
	}
	p := a.state.pendingSave()
	if p == nil {
		return nil
	}
	err := a.trySave(ctx, p)
	switch {
	case err == nil:
		return nil
	case p.record == nil:
		return persistError("delete", err)
	default:
		return persistError("save", err)
	}
}
