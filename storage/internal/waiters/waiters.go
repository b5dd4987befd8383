// Package waiters keeps the goroutines of this process that wait for news about a key.
//
// # Overview
//
// A [Registry] holds one channel for each waiter, and signals those of a key. It is for backends of
// package lease that learn of a release from the database.
//
// # Usage
//
//	released, stop := registry.Add(key)
//	defer stop()
//	…
//	registry.Wake(key) // by the goroutine that receives the news
//
// # Errors
//
// There are none.
//
// # Concurrency
//
// A Registry is safe for concurrent use. Its mutex is never held while anything is waited for: a
// waiter that has not looked at the last signal gets no second one.
//
// # Security
//
// The keys are names of accounts: do not log them.
package waiters

import "sync"

// Registry is the waiters of one process, by key. The zero value has none.
type Registry struct {
	mu    sync.Mutex
	byKey map[string]map[chan struct{}]struct{}
}

// Add returns a channel that receives after each Wake of key, until stop is called.
func (r *Registry) Add(key string) (news <-chan struct{}, stop func()) {
	c := make(chan struct{}, 1)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byKey == nil {
		r.byKey = make(map[string]map[chan struct{}]struct{})
	}
	if r.byKey[key] == nil {
		r.byKey[key] = make(map[chan struct{}]struct{})
	}
	r.byKey[key][c] = struct{}{}
	return c, func() { r.remove(key, c) }
}

func (r *Registry) remove(key string, c chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.byKey[key], c)
	if len(r.byKey[key]) == 0 {
		delete(r.byKey, key)
	}
}

// Wake signals the waiters of key.
func (r *Registry) Wake(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	wake(r.byKey[key])
}

// WakeAll signals every waiter, when news may have been missed.
func (r *Registry) WakeAll() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, waiters := range r.byKey {
		wake(waiters)
	}
}

func wake(waiters map[chan struct{}]struct{}) {
	for c := range waiters {
		select {
		case c <- struct{}{}:
		default: // it has not looked at the last signal
		}
	}
}
