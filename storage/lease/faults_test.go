package lease_test

import (
	"context"
	"errors"
	"io/fs"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/lease"
)

func TestDatabaseAwayBefore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newTable().machine(t, lease.Config{})
		s.setFault(down)
		called := false
		err := s.Update(t.Context(), key, func(context.Context, []byte) ([]byte, error) {
			called = true
			return nil, nil
		})
		if called || !errors.Is(err, errDown) || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Update = %v, called %t; want the backend's error and no call", err, called)
		}
		if _, err := s.Load(t.Context(), key); !errors.Is(err, errDown) {
			t.Errorf("Load = %v", err)
		}
		s.setFault(nil)
		put(t, s, "value")
		wantValue(t, s, "value")
	})
}

// A read-only replica answers reads; the callback must not run.
func TestReadOnlyDatabase(t *testing.T) {
	t.Parallel()
	s := newTable().machine(t, lease.Config{})
	s.setFault(func(op, _ string) error {
		if op == "put" {
			return errors.New("read-only")
		}
		return nil
	})
	err := s.Update(t.Context(), key, func(context.Context, []byte) ([]byte, error) {
		t.Error("the callback ran")
		return nil, nil
	})
	if err == nil {
		t.Error("Update = nil")
	}
}

func TestDatabaseAwayAtTheSave(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newTable().machine(t, lease.Config{})
		r := begin(t, s, "value")
		s.setFault(down)
		time.AfterFunc(20*time.Second, func() { s.setFault(nil) }) // longer than the lease
		if err := r.end(); err != nil {
			t.Errorf("Update = %v; want the value saved when the database is back", err)
		}
		wantValue(t, s, "value")
	})
}

func TestDatabaseAwayTooLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newTable().machine(t, lease.Config{})
		r := begin(t, s, "value")
		s.setFault(down)
		began := time.Now()
		err := r.end()
		if !errors.Is(err, errDown) || errors.Is(err, storage.ErrLost) {
			t.Errorf("Update = %v; want the backend's error", err)
		}
		if took := time.Since(began); took < 29*time.Second || took > 40*time.Second {
			t.Errorf("gave up after %v; want about 30s", took)
		}
		if n := s.Stats().Unsaved; n != 1 {
			t.Errorf("Stats.Unsaved = %d", n)
		}
	})
}

// once is a fault that strikes the n-th matching call only.
func once(op, when string, n int32) func(string, string) error {
	var seen atomic.Int32
	return func(o, w string) error {
		if o == op && w == when && seen.Add(1) == n {
			return errDown
		}
		return nil
	}
}

// The second write of an Update is the save.
func TestResponseToTheSaveLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := newTable()
		s, other := db.machine(t, lease.Config{}), db.machine(t, lease.Config{})
		s.setFault(once("put", "after", 2))
		put(t, s, "value")
		if db.writes != 2 {
			t.Errorf("%d writes; want the lease and the value, once", db.writes)
		}
		put(t, other, "next") // the lease is free
	})
}

func TestResponseToTheAcquireLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := newTable()
		s, other := db.machine(t, lease.Config{}), db.machine(t, lease.Config{})
		s.setFault(once("put", "after", 1))
		began := time.Now()
		put(t, s, "value")
		put(t, other, "next")
		if took := time.Since(began); took > time.Second {
			t.Errorf("took %v: the store waited for its own lease", took)
		}
	})
}

// Each call hangs until its timeout; the caller's context ends the wait.
func TestWaitsEndWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := newTable()
		s, other := db.machine(t, lease.Config{}), db.machine(t, lease.Config{})
		s.delay = 4 * time.Second
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		err := s.Update(ctx, key, returning("late"))
		if took := time.Since(began); took != time.Second {
			t.Errorf("Update returned after %v; want 1s", took)
		}
		if !errors.Is(err, storage.ErrBusy) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Update = %v", err)
		}
		pass(time.Minute) // the request went on and was granted
		began = time.Now()
		put(t, other, "value")
		if took := time.Since(began); took > time.Second {
			t.Errorf("the lease of a caller who had left stayed behind for %v", took)
		}
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestLocalWaitersLeave(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newTable().machine(t, lease.Config{})
		r := begin(t, s, "value")
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if err := s.Update(ctx, key, returning("")); !errors.Is(err, storage.ErrBusy) || !errors.Is(err, context.Canceled) {
			t.Errorf("Update = %v", err)
		}
		if err := r.end(); err != nil {
			t.Error(err)
		}
		if s.Stats().Acquires != 1 {
			t.Error("goroutines of one store ask the backend for what they know")
		}
	})
}

func TestClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := newTable()
		s, other := db.machine(t, lease.Config{}), db.machine(t, lease.Config{})
		foreign := begin(t, other, "foreign")
		waiting := make(chan error, 1)
		go func() { waiting <- s.Update(t.Context(), key, returning("")) }()
		inside := make(chan struct{})
		leave := make(chan struct{})
		saved := make(chan error, 1)
		go func() {
			saved <- s.Update(t.Context(), "another", func(context.Context, []byte) ([]byte, error) {
				close(inside)
				<-leave
				return []byte("saved"), nil
			})
		}()
		<-inside
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.Close(short); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Close = %v; want it to wait for the callback", err)
		}
		if err := <-waiting; !errors.Is(err, lease.ErrClosed) {
			t.Errorf("waiting Update = %v; want ErrClosed", err)
		}
		close(leave)
		for range 2 {
			if err := s.Close(t.Context()); err != nil {
				t.Errorf("Close = %v", err)
			}
		}
		if err := <-saved; err != nil {
			t.Errorf("Update under way = %v; want its value saved", err)
		}
		if _, err := s.Load(t.Context(), key); !errors.Is(err, lease.ErrClosed) {
			t.Errorf("Load = %v", err)
		}
		if err := s.Update(t.Context(), key, returning("")); !errors.Is(err, lease.ErrClosed) {
			t.Errorf("Update = %v", err)
		}
		if err := foreign.end(); err != nil {
			t.Error(err)
		}
	})
}

func TestNested(t *testing.T) {
	t.Parallel()
	s := newTable().machine(t, lease.Config{})
	err := s.Update(t.Context(), key, func(ctx context.Context, _ []byte) ([]byte, error) {
		return nil, s.Update(ctx, key, returning(""))
	})
	if !errors.Is(err, storage.ErrNested) {
		t.Errorf("Update = %v; want ErrNested", err)
	}
}

func panics() {
	var none []byte
	_ = none[len(none):][:1:1] // out of range
}

// broken is a backend that panics in one of its methods.
type broken struct {
	lease.Backend
	in string
}

func (b broken) Acquire(ctx context.Context, key, owner string, ttl time.Duration) (lease.Grant, error) {
	if b.in == "Acquire" {
		panics()
	}
	return b.Backend.Acquire(ctx, key, owner, ttl)
}

func (b broken) Renew(ctx context.Context, key string, g lease.Grant, ttl time.Duration) (bool, error) {
	if b.in == "Renew" {
		panics()
	}
	return b.Backend.Renew(ctx, key, g, ttl)
}

func (b broken) Commit(context.Context, string, lease.Grant, lease.Change) (lease.Result, error) {
	return 0, nil
}

func TestBrokenBackend(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := newTable()
		good := lease.CAS(&view{table: db})
		s := db.machine(t, lease.Config{Backend: broken{good, "Acquire"}})
		if err := s.Update(t.Context(), key, returning("")); err == nil {
			t.Error("Update = nil although Acquire panicked")
		}
		s = db.machine(t, lease.Config{Backend: broken{good, "Renew"}})
		r := begin(t, s, "value")
		pass(time.Minute)
		if err := r.end(); err == nil {
			t.Error("Update = nil although Commit returned no result")
		}
	})
}

// marked is a KV whose data can be lost.
type marked struct {
	*view
	marker string
}

func (m *marked) Marker(context.Context) (string, error) { return m.marker, nil }

func TestDataLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := newTable()
		kv := &marked{view: &view{table: db}, marker: "first"}
		s := db.machine(t, lease.Config{Backend: lease.CAS(kv)})
		if _, err := s.Load(t.Context(), "absent"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Load = %v", err)
		}
		put(t, s, "value")
		r := begin(t, s, "value that is lost")
		for _, marker := range []string{"", "second"} {
			kv.marker = marker
			db.wipe()
			if _, err := s.Load(t.Context(), key); !errors.Is(err, storage.ErrDataLost) || errors.Is(err, fs.ErrNotExist) {
				t.Errorf("Load with marker %q = %v; want ErrDataLost", marker, err)
			}
			err := s.Update(t.Context(), "another", returning(""))
			if !errors.Is(err, storage.ErrDataLost) {
				t.Errorf("Update with marker %q = %v; want ErrDataLost", marker, err)
			}
		}
		began := time.Now()
		if err := r.end(); !errors.Is(err, storage.ErrDataLost) || time.Since(began) > time.Second {
			t.Errorf("Update under way = %v after %v; want ErrDataLost at once", err, time.Since(began))
		}
	})
}
