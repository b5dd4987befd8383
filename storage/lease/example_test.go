package lease_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/lease"
)

// mapKV stands for a database with conditional writes.
type mapKV struct {
	mu      sync.Mutex
	entries map[string][]byte
	writes  map[string]int
}

func (m *mapKV) Get(_ context.Context, key string) (entry []byte, tag string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.entries[key], m.tag(key), nil
}

func (m *mapKV) Put(_ context.Context, key string, entry []byte, tag string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if tag != m.tag(key) {
		return lease.ErrConflict
	}
	m.entries[key] = entry
	m.writes[key]++
	return nil
}

func (m *mapKV) tag(key string) string {
	if m.writes[key] == 0 {
		return ""
	}
	return strconv.Itoa(m.writes[key])
}

func newMapKV() *mapKV { return &mapKV{entries: map[string][]byte{}, writes: map[string]int{}} }

// Two programs on two machines share one session.
func Example() {
	ctx := context.Background()
	database := newMapKV()
	for _, name := range []string{"one", "two"} {
		store, err := lease.New(lease.Config{Backend: lease.CAS(database)})
		if err != nil {
			fmt.Println(err)
			return
		}
		err = store.Update(ctx, "default", func(_ context.Context, old []byte) ([]byte, error) {
			fmt.Printf("%s was given %q\n", name, old)
			return []byte("token of " + name), nil // under the lock of the whole fleet
		})
		if err != nil {
			fmt.Println(err)
		}
		if err := store.Close(ctx); err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// one was given ""
	// two was given "token of one"
}

// A callback finds out whether the holder before it vanished.
func ExampleInterrupted() {
	ctx := context.Background()
	database := newMapKV()
	open := func() *lease.Store {
		store, err := lease.New(lease.Config{Backend: lease.CAS(database), TTL: 20 * time.Millisecond})
		if err != nil {
			fmt.Println(err)
		}
		return store
	}
	// A program takes the lease and is killed: nothing renews or releases it.
	_, err := lease.CAS(database).Acquire(ctx, "default", "killed program", 20*time.Millisecond)
	if err != nil {
		fmt.Println(err)
	}
	err = open().Update(ctx, "default", func(ctx context.Context, _ []byte) ([]byte, error) {
		fmt.Println("interrupted:", lease.Interrupted(ctx))
		return []byte("value"), nil
	})
	fmt.Println(err)
	// Output:
	// interrupted: true
	// <nil>
}

// A program that was stopped for longer than its lease does not overwrite what
// another one has stored meanwhile.
func ExampleStore_Update_lost() {
	ctx := context.Background()
	database := newMapKV()
	backend := lease.CAS(database)
	store, err := lease.New(lease.Config{Backend: backend, TTL: time.Hour})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = store.Update(ctx, "default", func(context.Context, []byte) ([]byte, error) {
		// Meanwhile an operator removes the entry, and another program signs in.
		database.entries, database.writes = map[string][]byte{}, map[string]int{}
		other, _ := lease.New(lease.Config{Backend: backend})
		err := other.Update(ctx, "default", func(context.Context, []byte) ([]byte, error) { return []byte("newer"), nil })
		return []byte("older"), err
	})
	fmt.Println(errors.Is(err, storage.ErrLost))
	value, err := store.Load(ctx, "default")
	fmt.Printf("%s %v\n", value, err)
	// Output:
	// true
	// newer <nil>
}

// The marker of a database tells an empty one from one that lost its data.
func ExampleEpoch() {
	var e lease.Epoch
	for _, marker := range []string{"set up in May", "set up in May", "", "set up in June"} {
		err := e.Check(marker)
		fmt.Println(marker == "", errors.Is(err, storage.ErrDataLost))
	}
	// Output:
	// false false
	// false false
	// true true
	// false true
}

// Counts for metrics.
func ExampleStore_Stats() {
	store, err := lease.New(lease.Config{Backend: lease.CAS(newMapKV())})
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = store.Update(context.Background(), "default", func(context.Context, []byte) ([]byte, error) { return []byte("value"), nil })
	s := store.Stats()
	fmt.Println(s.Updates, "update:", s.Acquires, "acquire,", s.Commits, "commit,", s.Waits, "waits")
	// Output: 1 update: 1 acquire, 1 commit, 0 waits
}

// A holder asks once more before it spends what cannot be had again.
func ExampleHeld() {
	ctx := context.Background()
	store, err := lease.New(lease.Config{Backend: lease.CAS(newMapKV())})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = store.Update(ctx, "default", func(ctx context.Context, _ []byte) ([]byte, error) {
		if err := lease.Held(ctx); err != nil {
			return nil, err // the process was stopped for longer than the lease
		}
		return []byte("the new token"), nil // spend the refresh token here
	})
	fmt.Println(err, store.Close(ctx))
	// Output: <nil> <nil>
}
