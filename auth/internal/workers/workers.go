// Package workers keeps account of goroutines, so that none outlives its owner.
//
// # Overview
//
// A [Group] is like a [sync.WaitGroup] that can be closed: Close lets no other goroutine start and
// waits for those that run, no longer than its context.
//
// # Usage
//
//	if !group.Start(work) {
//		return ErrClosed
//	}
//	err := group.Close(ctx)
//
// # Errors
//
// [Group.Close] fails only with the end of its context. It may be repeated.
//
// # Concurrency
//
// A Group is safe for concurrent use. Its mutex is held for a few assignments and the start of a
// goroutine.
//
// # Security
//
// A panic in a goroutine ends the program, as everywhere in Go: recover it in the work.
package workers

import (
	"context"
	"sync"

	"github.com/chatelaine-go/chatelaine/auth/internal/wait"
)

// Group is the goroutines of one owner. The zero value has none and is open.
type Group struct {
	mu      sync.Mutex
	active  int
	closed  bool
	idle    chan struct{} // closed when active falls to 0; made when a Close waits for that
	closing chan struct{} // closed by Close; made when it is first needed
}

// Start runs work on a goroutine, and reports whether it does: not if the group is closed.
func (g *Group) Start(work func()) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.run(work)
	return true
}

// Fork runs work on another goroutine, for a caller that runs on one of the group: also while Close
// waits, which waits for this one as well.
func (g *Group) Fork(work func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.run(work)
}

// run starts a goroutine. The mutex is held.
func (g *Group) run(work func()) {
	g.active++
	go func() {
		defer g.finished() // also after a panic or runtime.Goexit
		work()
	}()
}

func (g *Group) finished() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.active--
	if g.active == 0 && g.idle != nil {
		close(g.idle)
		g.idle = nil
	}
}

// Done returns a channel that is closed when the group is.
func (g *Group) Done() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.closingChannel()
}

func (g *Group) closingChannel() chan struct{} {
	if g.closing == nil {
		g.closing = make(chan struct{})
	}
	return g.closing
}

// Close lets no goroutine start any more and waits for those that run, until ctx ends.
func (g *Group) Close(ctx context.Context) error {
	g.mu.Lock()
	g.markClosed()
	if g.active > 0 && g.idle == nil {
		g.idle = make(chan struct{})
	}
	idle := g.idle
	g.mu.Unlock()
	if idle == nil {
		return nil
	}
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return wait.Why(ctx)
	}
}

// CloseIfIdle closes the group if no goroutine of it runs, and reports whether it is closed now.
func (g *Group) CloseIfIdle() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.active > 0 {
		return false
	}
	g.markClosed()
	return true
}

func (g *Group) markClosed() {
	if !g.closed {
		g.closed = true
		close(g.closingChannel())
	}
}
