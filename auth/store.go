package auth

import (
	"context"
	"io/fs"
	"iter"
	"sync"
)

// Store keeps sessions as bytes under one lock for all processes that share it. It is the contract
// of storage.Store, declared here by its consumer; every store of package storage implements it.
type Store interface {
	// Load returns the value of key. The error is [fs.ErrNotExist] only if there certainly is none.
	Load(ctx context.Context, key string) ([]byte, error)
	// Update gives fn the value of key, nil if there is none, while it holds the lock of key, and
	// durably stores what fn returns: nil deletes, old itself writes nothing. It has made sure that
	// it can write before it calls fn, which it does once at most, waits for the lock no longer
	// than ctx, and once fn has returned a value saves it whatever happened to ctx. An error of fn
	// is returned and nothing is written.
	Update(ctx context.Context, key string, fn func(ctx context.Context, old []byte) ([]byte, error)) error
}

// memoryStore is the store of a session that lives in memory only.
type memoryStore struct {
	lock  chan struct{} // held during Update; a channel, so that waiting for it ends with a context
	mu    sync.Mutex
	value []byte
}

func newMemoryStore() *memoryStore { return &memoryStore{lock: make(chan struct{}, 1)} }

// Load returns the value.
func (m *memoryStore) Load(context.Context, string) ([]byte, error) {
	if value := m.get(); value != nil {
		return value, nil
	}
	return nil, fs.ErrNotExist
}

// Update changes the value.
func (m *memoryStore) Update(
	ctx context.Context, _ string, fn func(context.Context, []byte) ([]byte, error),
) error {
	select {
	case m.lock <- struct{}{}:
	case <-ctx.Done():
		return whyDone(ctx)
	}
	defer func() { <-m.lock }()
	value, err := fn(ctx, m.get())
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.value = value
	return nil
}

func (m *memoryStore) get() []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.value
}

// memoryStores is the store of sessions that live in memory only, one for each account.
type memoryStores struct {
	mu  sync.Mutex
	all map[string]*sharedStore
}

// sharedStore is the store of one account. It is dropped when it is empty and no Update uses it.
type sharedStore struct {
	*memoryStore

	updates int
}

func newMemoryStores() *memoryStores { return &memoryStores{all: make(map[string]*sharedStore)} }

// Load returns the value of key.
func (m *memoryStores) Load(ctx context.Context, key string) ([]byte, error) {
	m.mu.Lock()
	s := m.all[key]
	m.mu.Unlock()
	if s == nil {
		return nil, fs.ErrNotExist
	}
	return s.Load(ctx, key)
}

// Update changes the value of key.
func (m *memoryStores) Update(
	ctx context.Context, key string, fn func(context.Context, []byte) ([]byte, error),
) error {
	s := m.use(key)
	defer m.drop(key, s)
	return s.Update(ctx, key, fn)
}

func (m *memoryStores) use(key string) *sharedStore {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.all[key]
	if s == nil {
		s = &sharedStore{memoryStore: newMemoryStore()}
		m.all[key] = s
	}
	s.updates++
	return s
}

func (m *memoryStores) drop(key string, s *sharedStore) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s.updates--
	if s.updates == 0 && s.get() == nil {
		delete(m.all, key)
	}
}

// Keys returns the keys that have a value.
func (m *memoryStores) Keys(context.Context) iter.Seq2[string, error] {
	m.mu.Lock()
	defer m.mu.Unlock()
	var keys []string
	for key, s := range m.all {
		if s.get() != nil {
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
