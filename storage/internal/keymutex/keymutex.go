// Package keymutex is a mutex per name whose waiters queue on a channel and
// leave with their context.
//
// # Usage
//
//	unlock, err := mutex.Lock(ctx, name)
//	if err != nil {
//		return err
//	}
//	defer unlock()
//
// # Errors
//
// The only error is that of the context.
//
// # Concurrency
//
// The zero Mutex is ready to use, and is safe for concurrent use. Waiters get the lock in the order in
// which they came.
//
// # Security
//
// Names without holders and waiters take no memory.
package keymutex

import (
	"context"
	"sync"
)

// A Mutex is a set of mutexes, one per name. The zero value is ready to use.
// It is safe for concurrent use. A name that is neither held nor waited for costs
// nothing.
type Mutex struct {
	mu    sync.Mutex
	gates map[string]*gate
}

// A gate is a mutex in channel form: the goroutine that put the token in holds it.
// Senders blocked on a channel are served first come, first served.
type gate struct {
	token chan struct{}
	refs  int
}

// Lock waits for the mutex called name, no longer than ctx, and returns the
// function that unlocks it. The returned function may be called only once.
func (m *Mutex) Lock(ctx context.Context, name string) (unlock func(), err error) {
	g := m.enter(name)
	// Without this a select with both cases ready may take the lock for a
	// caller who has given up.
	if err := ctx.Err(); err != nil {
		m.leave(name, g)
		return nil, err
	}
	select {
	case g.token <- struct{}{}:
		return func() {
			<-g.token
			m.leave(name, g)
		}, nil
	case <-ctx.Done():
		m.leave(name, g)
		return nil, ctx.Err()
	}
}

func (m *Mutex) enter(name string) *gate {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.gates == nil {
		m.gates = make(map[string]*gate)
	}
	g := m.gates[name]
	if g == nil {
		g = &gate{token: make(chan struct{}, 1)}
		m.gates[name] = g
	}
	g.refs++
	return g
}

func (m *Mutex) leave(name string, g *gate) {
	m.mu.Lock()
	defer m.mu.Unlock()
	g.refs--
	if g.refs == 0 {
		delete(m.gates, name)
	}
}
