package lease_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/lease"
)

// batched is a Renewer over conditional writes, and counts.
type batched struct {
	*lease.CASBackend
	renewals, leases, looks atomic.Int32
	short                   bool // results are missing
}

func (b *batched) RenewAll(ctx context.Context, leases []lease.Lease, ttl time.Duration) ([]bool, error) {
	b.renewals.Add(1)
	b.leases.Add(int32(len(leases)))
	if b.short {
		return nil, nil
	}
	held := make([]bool, len(leases))
	for i, l := range leases {
		var err error
		if held[i], err = b.Renew(ctx, l.Key, lease.Grant{Fence: l.Fence}, ttl); err != nil {
			return nil, err
		}
	}
	return held, nil
}

func (b *batched) Look(ctx context.Context, keys []string) ([]time.Duration, error) {
	b.looks.Add(1)
	if b.short {
		return nil, nil
	}
	return b.CASBackend.Look(ctx, keys)
}

// All leases of a store are renewed in one call, and all that its goroutines wait for are looked at
// in one call.
func TestOneCallForAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := newTable()
		holder := &batched{CASBackend: lease.CAS(&view{table: db})}
		waiter := &batched{CASBackend: lease.CAS(&view{table: db})}
		a, b := db.machine(t, lease.Config{Backend: holder}), db.machine(t, lease.Config{Backend: waiter})
		const keys = 100
		leave := make(chan struct{})
		var inside, done sync.WaitGroup
		inside.Add(keys)
		for i := range keys {
			done.Go(func() {
				err := a.Update(t.Context(), strconv.Itoa(i), func(ctx context.Context, _ []byte) ([]byte, error) {
					inside.Done()
					<-leave
					return []byte("held"), ctx.Err()
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		inside.Wait()
		for i := range keys {
			done.Go(func() {
				if err := b.Update(t.Context(), strconv.Itoa(i), returning("waited")); err != nil {
					t.Error(err)
				}
			})
		}
		const length = 10 * ttl
		pass(length)
		close(leave)
		done.Wait()
		if n, leases := holder.renewals.Load(), holder.leases.Load(); n > 80 || leases < keys*10 || leases > keys*80 {
			t.Errorf("%d calls renewed %d times, for %d leases held for %v", n, leases, keys, length)
		}
		if n, limit := waiter.looks.Load(), int32(length/(100*time.Millisecond)); n > limit || n == 0 {
			t.Errorf("%d looks within %v; want at most %d", n, length, limit)
		}
		if n := b.Stats().Acquires; n != 2*keys {
			t.Errorf("%d acquires; want one before and one after each wait", n)
		}
		if s := a.Stats(); s.Lost != 0 {
			t.Errorf("Stats = %+v", s)
		}
		if err := errors.Join(a.Close(t.Context()), b.Close(t.Context())); err != nil {
			t.Error(err)
		}
	})
}

// A backend that returns too few results fails; it does not make the store believe anything.
func TestTooFewResults(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := newTable()
		a := db.machine(t, lease.Config{Backend: &batched{CASBackend: lease.CAS(&view{table: db}), short: true}})
		b := db.machine(t, lease.Config{Backend: &batched{CASBackend: lease.CAS(&view{table: db}), short: true}})
		r := begin(t, a, "value")
		ctx, cancel := context.WithTimeout(t.Context(), ttl/2)
		defer cancel()
		if err := b.Update(ctx, key, returning("")); !errors.Is(err, storage.ErrBusy) {
			t.Errorf("Update = %v; want ErrBusy", err)
		}
		pass(ttl)
		if !errors.Is(context.Cause(r.ctx), storage.ErrLost) {
			t.Error("the lease counts as renewed")
		}
		if err := r.end(); err != nil {
			t.Error(err)
		}
	})
}

// A waiter that finds what it wanted takes no lease, and one that does not calls its function.
func TestUpdateUnless(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, stored string
		called       bool
	}{{"settled", "wanted", false}, {"not settled", "other", true}, {"deleted", "", true}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				db := newTable()
				a, b := db.machine(t, lease.Config{}), db.machine(t, lease.Config{})
				put(t, a, "old")
				inside, leave := make(chan struct{}), make(chan struct{})
				var group sync.WaitGroup
				group.Go(func() {
					err := a.Update(t.Context(), key, func(context.Context, []byte) ([]byte, error) {
						close(inside)
						<-leave
						if tt.stored == "" {
							return nil, nil
						}
						return []byte(tt.stored), nil
					})
					if err != nil {
						t.Error(err)
					}
				})
				<-inside
				time.AfterFunc(time.Second, func() { close(leave) })
				called := false
				err := b.UpdateUnless(t.Context(), key, func(v []byte) bool { return string(v) == "wanted" },
					func(context.Context, []byte) ([]byte, error) { called = true; return []byte("mine"), nil })
				if err != nil || called != tt.called {
					t.Errorf("UpdateUnless = %v, called %t; want %t", err, called, tt.called)
				}
				if s := b.Stats(); (s.Settled == 1) != !tt.called || (s.Acquires == 1) != !tt.called {
					t.Errorf("Stats = %+v", s)
				}
				group.Wait()
			})
		})
	}
	t.Run("without a wait", func(t *testing.T) {
		t.Parallel()
		s := newTable().machine(t, lease.Config{})
		put(t, s, "wanted")
		called := false
		err := s.UpdateUnless(t.Context(), key, func([]byte) bool { return true },
			func(_ context.Context, old []byte) ([]byte, error) { called = true; return old, nil })
		if err != nil || !called {
			t.Errorf("UpdateUnless = %v, called %t", err, called)
		}
	})
}

// Held knows by the clock that the lease is over, and that it goes on when a renewal gets through.
func TestHeld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := newTable()
		s := db.machine(t, lease.Config{})
		if err := lease.Held(t.Context()); err != nil {
			t.Errorf("outside of an Update: %v", err)
		}
		r := begin(t, s, "value")
		pass(3 * ttl)
		if err := lease.Held(r.ctx); err != nil {
			t.Errorf("while renewals get through: %v", err)
		}
		s.setFault(down)
		pass(ttl + time.Second)
		if err := lease.Held(r.ctx); !errors.Is(err, storage.ErrLost) {
			t.Errorf("after the TTL: %v; want ErrLost", err)
		}
		if err := lease.Held(context.WithoutCancel(r.ctx)); !errors.Is(err, storage.ErrLost) {
			t.Errorf("without cancellation: %v; want ErrLost", err)
		}
		s.setFault(nil)
		if err := r.end(); err != nil {
			t.Error(err)
		}
	})
}

// A lease whose grant took long to arrive is renewed before the callback runs.
func TestStaleGrant(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newTable().machine(t, lease.Config{OpTimeout: 10 * time.Second})
		var slow sync.Once
		s.setFault(func(op, when string) error {
			if op == "put" && when == "after" {
				slow.Do(func() { pass(8 * time.Second) })
			}
			return nil
		})
		err := s.Update(t.Context(), key, func(ctx context.Context, _ []byte) ([]byte, error) {
			s.setFault(down) // no renewal gets through anymore
			pass(12 * time.Second)
			s.setFault(nil)
			return []byte("value"), lease.Held(ctx)
		})
		if err != nil {
			t.Errorf("Update = %v", err)
		}
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
