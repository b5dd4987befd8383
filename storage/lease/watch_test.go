package lease_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/storage/lease"
)

// watched notifies waiters of commits.
type watched struct {
	lease.Backend
	mu       sync.Mutex
	waiters  map[chan struct{}]bool
	acquires atomic.Int32
	fails    bool
}

func (w *watched) Acquire(ctx context.Context, key, owner string, ttl time.Duration) (lease.Grant, error) {
	w.acquires.Add(1)
	return w.Backend.Acquire(ctx, key, owner, ttl)
}

func (w *watched) Commit(ctx context.Context, key string, g lease.Grant, c lease.Change) (lease.Result, error) {
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		for c := range w.waiters {
			c <- struct{}{}
		}
	}()
	return w.Backend.Commit(ctx, key, g, c)
}

func (w *watched) Watch(context.Context, string) (released <-chan struct{}, stop func(), err error) {
	if w.fails {
		return nil, nil, errDown
	}
	c := make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiters[c] = true
	return c, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.waiters, c)
	}, nil
}

func TestNotifiedWaiter(t *testing.T) {
	t.Parallel()
	for name, fails := range map[string]bool{"notifications": false, "none, after all": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := &watched{Backend: lease.CAS(&view{table: newTable()}), waiters: make(map[chan struct{}]bool), fails: fails}
				a, b := newTable().machine(t, lease.Config{Backend: w}), newTable().machine(t, lease.Config{Backend: w})
				r := begin(t, a, "value")
				done := make(chan struct{})
				go func() {
					defer close(done)
					put(t, b, "next")
				}()
				pass(10*time.Second + 123*time.Millisecond)
				began := time.Now()
				if err := r.end(); err != nil {
					t.Error(err)
				}
				<-done
				limit := time.Duration(0)
				if fails {
					limit = 700 * time.Millisecond
				}
				if waited := time.Since(began); waited > limit {
					t.Errorf("the waiter was let in after %v; want at most %v", waited, limit)
				}
				if n := w.acquires.Load(); !fails && n > 20 {
					t.Errorf("the waiter asked %d times in 10 s beside its notifications", n)
				}
				if len(w.waiters) != 0 {
					t.Error("a watch was not stopped")
				}
			})
		})
	}
}
