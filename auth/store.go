package auth

import (
	"context"
	"io/fs"
	"sync"
)

// Store keeps sessions as bytes under one lock for all processes that share it. It is the contract of storage.Store,
// declared here by its consumer; every store of package storage fits.
type Store interface {
	// Load returns the value of key; an error that is [fs.ErrNotExist] if there certainly is none.
	Load(ctx context.Context, key string) ([]byte, error)
	// Update gives fn the value of key, nil if there is none, while it holds the lock of key, and durably stores what
	// fn returns: nil deletes, old itself writes nothing. It has made sure that it can write before it calls fn,
	// waits for the lock no longer than ctx, and once fn has returned a value saves it whatever happened to ctx.
	// An error of fn is returned and nothing is written.
	Update(ctx context.Context, key string, fn func(ctx context.Context, old []byte) ([]byte, error)) error
}

// volatile is the store of a session that lives in memory only.
type volatile struct {
	lock  chan struct{} // held during Update; a channel, so that waiting for it can end with a context
	mu    sync.Mutex
	value []byte
}

func newVolatile() *volatile { return &volatile{lock: make(chan struct{}, 1)} }

func (v *volatile) Load(context.Context, string) ([]byte, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.value == nil {
		return nil, fs.ErrNotExist
	}
	return v.value, nil
}

func (v *volatile) Update(
	ctx context.Context, _ string, fn func(context.Context, []byte) ([]byte, error),
) error {
	select {
	case v.lock <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-v.lock }()
	v.mu.Lock()
	old := v.value
	v.mu.Unlock()
	value, err := fn(ctx, old)
	if err != nil {
		return err
	}
	v.mu.Lock()
	v.value = value
	v.mu.Unlock()
	return nil
}
