//go:build unix

package postgres_test

import (
	"context"
	"errors"
	"flag"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/internal/testserver"
	"github.com/chatelaine-go/chatelaine/storage/sqlstore"
)

// measure measures what docs/benchmarks.md says: go test -v -run TestMeasure -postgres.measure .
var measure = flag.Bool("postgres.measure", false, "measure waits and updates with and without signals, for three minutes")

// TestMeasure measures, with a server that syncs to its disk: how long after a save a waiter has the new value, and how many updates
// there are in a second. It asserts nothing about time.
func TestMeasure(t *testing.T) {
	if !*measure {
		t.Skip("-postgres.measure is not set")
	}
	addr := testserver.Postgres(t, "max_connections=300").Addr
	for _, signals := range []bool{false, true} {
		for _, held := range []time.Duration{50 * time.Millisecond, 300 * time.Millisecond, 2 * time.Second} {
			holder, waiter := measured(t, addr, signals), measured(t, addr, signals)
			w := waits(t, holder, waiter, held)
			slices.Sort(w)
			at := func(q float64) time.Duration { return w[int(q*float64(len(w)-1))].Round(100 * time.Microsecond) }
			t.Logf("signals %t, a lease is held for %v: %d waits, p50 %v, p90 %v, p99 %v, %d looks", signals, held, len(w),
				at(0.5), at(0.9), at(0.99), waiter.Stats().Looks)
		}
	}
	for range 2 {
		for _, signals := range []bool{false, true} {
			t.Logf("signals %t: %d updates per second", signals, updates(t, measured(t, addr, signals), 0))
		}
	}
	t.Logf("%d updates per second with 24 loads for each", updates(t, measured(t, addr, false), 24))
	for _, n := range []int{0, 50, 150} { // each adds to those before
		for range n {
			url := testserver.PostgresURL(addr)
			watch(t, newSignals(t, openDB(t, url), url), "key")
		}
		t.Logf("%d more connections listen: %d updates per second", n, updates(t, measured(t, addr, true), 0))
	}
}

func measured(t *testing.T, addr string, signals bool) *sqlstore.Store {
	t.Helper()
	url := testserver.PostgresURL(addr)
	c := sqlstore.Config{DB: openDB(t, url)}
	if signals {
		c.Signals = newSignals(t, c.DB, url)
	}
	return newStore(t, c)
}

// waits returns how long after holder's Update had returned those of waiter had the new value.
func waits(t *testing.T, holder, waiter *sqlstore.Store, held time.Duration) (all []time.Duration) {
	t.Helper()
	var mu sync.Mutex
	var group sync.WaitGroup
	for lane := range 4 {
		group.Go(func() {
			for range int(min(100, 10*time.Second/held)) {
				wait := waitOnce(t, holder, waiter, "user "+strconv.Itoa(lane), held)
				mu.Lock()
				all = append(all, wait)
				mu.Unlock()
			}
		})
	}
	group.Wait()
	return all
}

// waitOnce lets holder hold the lease of key for held on average, and waiter come somewhere in between.
func waitOnce(t *testing.T, holder, waiter *sqlstore.Store, key string, held time.Duration) time.Duration {
	t.Helper()
	inside, saved := make(chan struct{}), make(chan time.Time, 1)
	go func() {
		err := holder.Update(t.Context(), key, func(context.Context, []byte) ([]byte, error) {
			close(inside)
			<-time.After(held/2 + rand.N(held))
			return []byte(time.Now().String()), nil
		})
		if err != nil {
			t.Error(err)
		}
		saved <- time.Now()
	}()
	<-inside
	<-time.After(rand.N(held / 2))
	settled := func([]byte) bool { return true }
	if err := waiter.UpdateUnless(t.Context(), key, settled, func(_ context.Context, old []byte) ([]byte, error) { return old, nil }); err != nil {
		t.Error(err)
	}
	got := time.Now()
	return got.Sub(<-saved)
}

// updates returns how many updates of different keys 64 goroutines make in a second, with some loads after each.
func updates(t *testing.T, store *sqlstore.Store, loads int) int64 {
	t.Helper()
	const seconds = 10
	ctx, cancel := context.WithTimeout(t.Context(), seconds*time.Second)
	defer cancel()
	var n atomic.Int64
	var group sync.WaitGroup
	for lane := range 64 {
		group.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				key := strconv.Itoa(lane) + " " + strconv.Itoa(i%50)
				err := store.Update(t.Context(), key, func(context.Context, []byte) ([]byte, error) { return []byte(strconv.Itoa(i)), nil })
				for range loads {
					_, loadErr := store.Load(t.Context(), key)
					err = errors.Join(err, loadErr)
				}
				if err != nil {
					t.Error(err)
				}
				n.Add(1)
			}
		})
	}
	group.Wait()
	return n.Load() / seconds
}
