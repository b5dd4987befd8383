package auth

import (
	"context"
	"io/fs"
	"sync"
)

// Store keeps sessions as bytes under one lock for all processes that share it. It is the contract of
// storage.Store, declared here by its consumer; every store of package storage implements it.
type Store interface {
	// Load returns the value of key. The error is [fs.ErrNotExist] only if there certainly is none.
	Load(ctx context.Context, key string) ([]byte, error)
	// Update gives fn the value of key, nil if there is none, while it holds the lock of key, and
	// durably stores what fn returns: nil deletes, old itself writes nothing. It has made sure that it
	// can write before it calls fn, which it does once at most, waits for the lock no longer than ctx,
	// and once fn has returned a value saves it whatever happened to ctx. An error of fn is returned
	// and nothing is written.
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
