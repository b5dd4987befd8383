package auth_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/storage"
)

var errFull = errors.New("disk full")

// always is a count that does not end.
const always = -1

// faulty is a store that fails as often as it is told.
type faulty struct {
	*storage.Memory

	mu                     sync.Mutex
	loads, refusals, saves int  // to fail: Load; Update before it calls fn; Update after fn has returned
	panics                 int  // Update panics
	lost                   bool // says that its data is gone
	updated                int  // calls of Update that changed something
}

func newFaulty() *faulty { return &faulty{Memory: storage.NewMemory()} }

// fail sets how often loads, updates before fn, and updates after fn fail from now on.
func (f *faulty) fail(loads, refusals, saves int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.loads, f.refusals, f.saves = loads, refusals, saves
}

func (f *faulty) takes(n *int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if *n == 0 {
		return false
	}
	if *n > 0 {
		*n--
	}
	return true
}

func (f *faulty) Load(ctx context.Context, key string) ([]byte, error) {
	if f.lost {
		return nil, storage.ErrDataLost
	}
	if f.takes(&f.loads) {
		return nil, errFull
	}
	return f.Memory.Load(ctx, key)
}

func (f *faulty) Update(ctx context.Context, key string, fn func(context.Context, []byte) ([]byte, error)) error {
	if f.takes(&f.panics) {
		panic("the store is broken")
	}
	if f.takes(&f.refusals) {
		return errFull
	}
	if f.lost {
		return storage.ErrDataLost
	}
	return f.Memory.Update(ctx, key, func(ctx context.Context, old []byte) ([]byte, error) {
		value, err := fn(ctx, old)
		if err == nil && f.takes(&f.saves) {
			return nil, errFull
		}
		if err == nil {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.updated++
		}
		return value, err
	})
}

// with uses the store.
func with(s auth.Store) func(*auth.Config) { return func(c *auth.Config) { c.Store = s } }

// put stores a value as another program would.
func put(t *testing.T, store auth.Store, key, value string) {
	t.Helper()
	err := store.Update(t.Context(), key, func(context.Context, []byte) ([]byte, error) { return []byte(value), nil })
	if err != nil {
		t.Fatal(err)
	}
}

// stored returns the value of the default account; "" if there is none.
func stored(t *testing.T, store auth.Store) string {
	t.Helper()
	data, err := store.Load(t.Context(), "default")
	if err != nil {
		return ""
	}
	return string(data)
}

// slowReader is a store whose Load keeps what it has read for a while.
type slowReader struct {
	*storage.Memory

	gate  chan chan struct{} // Load waits for a channel, and for that to be closed, once it has read
	loads int
}

func (s *slowReader) Load(ctx context.Context, key string) ([]byte, error) {
	s.loads++
	data, err := s.Memory.Load(ctx, key)
	select {
	case release := <-s.gate:
		<-release
	default:
	}
	return data, err
}
