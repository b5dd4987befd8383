// Package memory keeps sessions in memory.
//
// # Overview
//
// A [Store] is what package auth uses without a Config.Store. It keeps the contract of auth.Store,
// with a lock for each key.
//
// # Usage
//
//	store := memory.New()
//
// # Errors
//
// [Store.Load] returns [fs.ErrNotExist] if there is nothing; [Store.Update] what its function
// returned, or the end of its context.
//
// # Concurrency
//
// All methods are safe for concurrent use. The lock of an Update covers this process, which is all
// that can see the value.
//
// # Security
//
// The values stay in the memory of the process, in the clear.
package memory

import (
	"bytes"
	"context"
	"io/fs"
	"iter"
	"sync"

	"github.com/chatelaine-go/chatelaine/auth/internal/wait"
)

// Store holds one value for each key. Make one with [New].
type Store struct {
	mu  sync.Mutex
	all map[string]*entry
}

// entry is the value of a key. It is dropped when it is empty and no Update uses it, so that a
// server that has seen many accounts keeps nothing of those that have logged out.
type entry struct {
	lock    chan struct{} // held during Update; a channel, so that waiting for it ends with a context
	updates int           // that hold the lock or wait for it; guarded by Store.mu, as is value
	value   []byte
}

// New returns an empty store.
func New() *Store { return &Store{all: make(map[string]*entry)} }

// Load returns the value of key.
func (s *Store) Load(ctx context.Context, key string) ([]byte, error) {
	if ctx.Err() != nil {
		return nil, wait.Why(ctx)
	}
	if value := s.get(key); value != nil {
		return value, nil
	}
	return nil, fs.ErrNotExist
}

// get returns a copy: whoever changes it must not change what is stored.
func (s *Store) get(key string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.all[key]; e != nil {
		return bytes.Clone(e.value)
	}
	return nil
}

// Update changes the value of key.
func (s *Store) Update(ctx context.Context, key string, fn func(context.Context, []byte) ([]byte, error)) error {
	if ctx.Err() != nil { // not left to chance if the lock is free as well
		return wait.Why(ctx)
	}
	e := s.use(key)
	defer s.drop(key, e)
	select {
	case e.lock <- struct{}{}:
	case <-ctx.Done():
		return wait.Why(ctx)
	}
	defer func() { <-e.lock }()
	value, err := fn(ctx, s.get(key))
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e.value = bytes.Clone(value)
	return nil
}

func (s *Store) use(key string) *entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.all[key]
	if e == nil {
		e = &entry{lock: make(chan struct{}, 1)}
		s.all[key] = e
	}
	e.updates++
	return e
}

func (s *Store) drop(key string, e *entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e.updates--
	if e.updates == 0 && e.value == nil {
		delete(s.all, key)
	}
}

// Keys returns the keys that have a value.
func (s *Store) Keys(ctx context.Context) iter.Seq2[string, error] {
	if ctx.Err() != nil {
		return func(yield func(string, error) bool) { yield("", wait.Why(ctx)) }
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var keys []string
	for key, e := range s.all {
		if e.value != nil {
			keys = append(keys, key)
		}
	}
	return func(yield func(string, error) bool) {
		for _, key := range keys {
			if !yield(key, nil) {
				return
			}
		}
	}
}
