package lease_test

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/lease"
)

const key = "default"

var errDown = errors.New("connection refused")

// A table is a database with conditional writes in memory. Machines reach it
// through views, which may fail.
type table struct {
	mu     sync.Mutex
	rows   map[string][]byte
	tags   map[string]int
	writes int
}

func newTable() *table { return &table{rows: make(map[string][]byte), tags: make(map[string]int)} }

// wipe removes everything.
func (d *table) wipe() {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.rows)
	clear(d.tags)
}

// A view is one machine's way to the table. fault is asked before and after
// each call: an error after a write means that it happened, but that the
// response was lost.
type view struct {
	*table
	delay time.Duration
	mu    sync.Mutex
	fault func(op, when string) error
}

func (v *view) setFault(f func(op, when string) error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.fault = f
}

func (v *view) check(ctx context.Context, op, when string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	v.mu.Lock()
	f := v.fault
	v.mu.Unlock()
	if when == "before" && v.delay > 0 {
		timer := time.NewTimer(v.delay)
		defer timer.Stop()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
		}
	}
	if f == nil {
		return nil
	}
	return f(op, when)
}

func (v *view) Get(ctx context.Context, key string) ([]byte, string, error) {
	if err := v.check(ctx, "get", "before"); err != nil {
		return nil, "", err
	}
	v.table.mu.Lock()
	defer v.table.mu.Unlock()
	if v.tags[key] == 0 {
		return nil, "", nil
	}
	return bytes.Clone(v.rows[key]), strconv.Itoa(v.tags[key]), nil
}

func (v *view) Put(ctx context.Context, key string, entry []byte, tag string) error {
	if err := v.check(ctx, "put", "before"); err != nil {
		return err
	}
	err := v.put(key, entry, tag)
	if err != nil {
		return err
	}
	return v.check(ctx, "put", "after")
}

func (v *view) put(key string, entry []byte, tag string) error {
	v.table.mu.Lock()
	defer v.table.mu.Unlock()
	present := ""
	if n := v.tags[key]; n > 0 {
		present = strconv.Itoa(n)
	}
	if present != tag {
		return lease.ErrConflict
	}
	v.writes++
	v.rows[key], v.tags[key] = bytes.Clone(entry), v.writes
	return nil
}

// down is a fault: nothing gets through.
func down(string, string) error { return errDown }

// A machine has a store and its own view of the table.
type machine struct {
	*lease.Store
	*view
}

func (d *table) machine(t *testing.T, c lease.Config) machine {
	t.Helper()
	v := &view{table: d, delay: time.Millisecond}
	if c.Backend == nil {
		c.Backend = lease.CAS(v)
	}
	s, err := lease.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return machine{s, v}
}

func returning(value string) func(context.Context, []byte) ([]byte, error) {
	return func(context.Context, []byte) ([]byte, error) { return []byte(value), nil }
}

func put(t *testing.T, s storage.Store, value string) {
	t.Helper()
	if err := s.Update(t.Context(), key, returning(value)); err != nil {
		t.Fatalf("Update to %q: %v", value, err)
	}
}

func wantValue(t *testing.T, s storage.Store, want string) {
	t.Helper()
	got, err := s.Load(t.Context(), key)
	if err != nil || string(got) != want {
		t.Fatalf("Load = %q, %v; want %q", got, err, want)
	}
}

// begin starts an Update that returns value once leave is closed, and returns
// when its callback runs.
func begin(t *testing.T, s storage.Store, value string) *running {
	t.Helper()
	r := &running{leave: make(chan struct{}), result: make(chan error, 1)}
	inside := make(chan struct{})
	go func() {
		r.result <- s.Update(t.Context(), key, func(ctx context.Context, old []byte) ([]byte, error) {
			r.ctx, r.old = ctx, string(old)
			close(inside)
			<-r.leave
			return []byte(value), r.fail
		})
	}()
	<-inside
	return r
}

// A running is an Update whose callback runs.
type running struct {
	ctx    context.Context // the callback's
	old    string
	fail   error
	leave  chan struct{}
	result chan error
}

// pass lets time pass, in a bubble of package synctest.
func pass(d time.Duration) { <-time.After(d) }

func (r *running) end() error {
	close(r.leave)
	return <-r.result
}
