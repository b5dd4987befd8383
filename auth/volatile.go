package auth

import (
	"context"
	"io/fs"
	"sync"
)

// volatile is the store of a session that lives in memory only.
type volatile struct {
	lock  chan struct{} // held during Update; a channel, so that waiting for it can end with a context
	mu    sync.Mutex
	value []byte
}

func newVolatile() *volatile { return &volatile{lock: make(chan struct{}, 1)} }

// Load returns the value.
func (v *volatile) Load(context.Context, string) ([]byte, error) {
	if value := v.get(); value != nil {
		return value, nil
	}
	return nil, fs.ErrNotExist
}

// Update changes the value.
func (v *volatile) Update(
	ctx context.Context, _ string, fn func(context.Context, []byte) ([]byte, error),
) error {
	select {
	case v.lock <- struct{}{}:
	case <-ctx.Done():
		return whyDone(ctx)
	}
	defer func() { <-v.lock }()
	value, err := fn(ctx, v.get())
	if err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.value = value
	return nil
}

func (v *volatile) get() []byte {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.value
}
