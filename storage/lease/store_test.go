package lease_test

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/lease"
	"github.com/chatelaine-go/chatelaine/storage/storagetest"
)

const ttl = 15 * time.Second // the default

func TestConformance(t *testing.T) {
	t.Parallel()
	storagetest.Run(t, func(t *testing.T) storage.Store {
		t.Helper()
		s, err := lease.New(lease.Config{Backend: lease.CAS(&view{table: newTable()})})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(context.WithoutCancel(t.Context())); err != nil {
				t.Error(err)
			}
		})
		return s
	})
}

func TestSlowCallbackKeepsItsLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := newTable()
		a, b := db.machine(t, lease.Config{}), db.machine(t, lease.Config{})
		slow := begin(t, a, "a")
		other := make(chan *running)
		go func() { other <- begin(t, b, "b") }()
		pass(4 * ttl)
		select {
		case <-other:
			t.Fatal("a second holder was let in")
		default:
		}
		if err := slow.end(); err != nil || slow.ctx.Err() == nil {
			t.Fatalf("Update = %v", err)
		}
		released := time.Now()
		second := <-other
		if waited := time.Since(released); waited > 1200*time.Millisecond {
			t.Errorf("the waiter was let in %v after the release", waited)
		}
		if second.old != "a" || lease.Interrupted(second.ctx) {
			t.Errorf("the waiter was given %q, interrupted %t", second.old, lease.Interrupted(second.ctx))
		}
		if err := second.end(); err != nil {
			t.Error(err)
		}
		wantValue(t, a, "b")
	})
}

// A machine that vanishes in its callback is one whose calls do not get
// through anymore.
func TestVanishedHolder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := newTable()
		a, b := db.machine(t, lease.Config{}), db.machine(t, lease.Config{})
		put(t, a, "old")
		dead := begin(t, a, "never")
		a.setFault(down)
		began := time.Now()
		next := begin(t, b, "new")
		if waited := time.Since(began); waited > ttl+2*time.Second || waited < ttl-time.Second {
			t.Errorf("taken over after %v; want about %v", waited, ttl)
		}
		if next.old != "old" || !lease.Interrupted(next.ctx) {
			t.Errorf("the next holder was given %q, interrupted %t; want old, true", next.old, lease.Interrupted(next.ctx))
		}
		if err := next.end(); err != nil {
			t.Error(err)
		}
		again := begin(t, b, "newer")
		if lease.Interrupted(again.ctx) {
			t.Error("interrupted although a value was stored since")
		}
		if err := again.end(); err != nil {
			t.Error(err)
		}
		if err := dead.end(); err == nil {
			t.Error("the vanished holder saved")
		}
		if s := b.Stats(); s.Takeovers != 1 || s.Waits != 1 {
			t.Errorf("Stats = %+v; want one wait and one takeover", s)
		}
	})
}

// A holder stays interrupted for those after it until one of them has stored
// something.
func TestInterruptedOutlivesFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := newTable()
		a, b := db.machine(t, lease.Config{}), db.machine(t, lease.Config{})
		dead := begin(t, a, "never")
		a.setFault(down)
		failing := begin(t, b, "")
		failing.fail = errors.New("try later")
		if err := failing.end(); !errors.Is(err, failing.fail) {
			t.Errorf("Update = %v", err)
		}
		next := begin(t, b, "new")
		if !lease.Interrupted(next.ctx) {
			t.Error("the failure of one holder made the next one forget the interruption")
		}
		_, _ = next.end(), dead.end()
	})
}

// A machine that is stopped past its lease and goes on.
func TestWokenHolder(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		meantime func(*testing.T, machine) // what the other machine does
		want     error
		value    string
	}{
		{"newer value", func(t *testing.T, b machine) { t.Helper(); put(t, b, "newer") }, storage.ErrLost, "newer"},
		{"taker failed", func(t *testing.T, b machine) {
			t.Helper()
			errLater := errors.New("try later")
			err := b.Update(t.Context(), key, func(context.Context, []byte) ([]byte, error) { return nil, errLater })
			if !errors.Is(err, errLater) {
				t.Error(err)
			}
		}, nil, "woken"},
		{"nobody came", func(*testing.T, machine) {}, nil, "woken"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				db := newTable()
				a, b := db.machine(t, lease.Config{}), db.machine(t, lease.Config{})
				put(t, b, "old")
				paused := begin(t, a, "woken")
				a.setFault(down)
				pass(ttl + time.Second)
				tt.meantime(t, b)
				a.setFault(nil)
				if cause := context.Cause(paused.ctx); !errors.Is(cause, storage.ErrLost) {
					t.Errorf("the callback's context ended with %v; want ErrLost", cause)
				}
				err := paused.end()
				if !errors.Is(err, tt.want) || (tt.want == nil && err != nil) {
					t.Errorf("Update of the woken holder = %v; want %v", err, tt.want)
				}
				wantValue(t, a, tt.value)
				if lost := a.Stats().Lost; lost != 1 {
					t.Errorf("Stats.Lost = %d; want 1", lost)
				}
			})
		})
	}
}

// The woken holder saves while another one is at work: it waits for that one.
func TestWokenHolderWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := newTable()
		a, b := db.machine(t, lease.Config{}), db.machine(t, lease.Config{})
		paused := begin(t, a, "woken")
		a.setFault(down)
		taker := begin(t, b, "")
		a.setFault(nil)
		close(paused.leave)
		pass(5 * time.Second)
		synctest.Wait()
		select {
		case err := <-paused.result:
			t.Fatalf("the woken holder did not wait: %v", err)
		default:
		}
		taker.fail = errors.New("try later")
		_ = taker.end()
		if err := <-paused.result; err != nil {
			t.Errorf("Update of the woken holder = %v; want its value stored", err)
		}
		wantValue(t, b, "woken")
		if a.Stats().Retries == 0 {
			t.Error("no attempt to save was repeated")
		}
	})
}

func TestContextEndsWhenLeaseIsTaken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := newTable()
		a := db.machine(t, lease.Config{})
		r := begin(t, a, "value")
		db.wipe() // so that Renew finds no lease of ours
		<-r.ctx.Done()
		if !errors.Is(context.Cause(r.ctx), storage.ErrLost) || !errors.Is(r.ctx.Err(), context.Canceled) {
			t.Errorf("the context ended with %v, cause %v", r.ctx.Err(), context.Cause(r.ctx))
		}
		_ = r.end()
	})
}

func TestConfig(t *testing.T) {
	t.Parallel()
	backend := lease.CAS(&view{table: newTable()})
	for name, tt := range map[string]struct {
		config lease.Config
		want   string // "": no error
	}{
		"defaults":        {lease.Config{Backend: backend}, ""},
		"no backend":      {lease.Config{}, "Config.Backend is nil"},
		"short lease":     {lease.Config{Backend: backend, TTL: time.Millisecond}, "Config.TTL is 1ms"},
		"negative":        {lease.Config{Backend: backend, OpTimeout: -1}, "Config.OpTimeout is negative"},
		"short save":      {lease.Config{Backend: backend, SaveTimeout: time.Second}, "at least OpTimeout, 5s"},
		"small values":    {lease.Config{Backend: backend, MaxValue: 1}, "Config.MaxValue is 1"},
		"long operations": {lease.Config{Backend: backend, OpTimeout: time.Minute}, ""},
		"all problems":    {lease.Config{TTL: -1}, "Config.Backend is nil\nlease: Config.TTL is -1ns"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := lease.New(tt.config)
			if (err == nil) != (tt.want == "") || (err != nil && !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("New = %v; want %q", err, tt.want)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	s := newTable().machine(t, lease.Config{MaxValue: 64 << 10})
	long := strings.Repeat("k", 1025)
	if _, err := s.Load(t.Context(), long); !errors.Is(err, storage.ErrTooLarge) {
		t.Errorf("Load of a long key = %v", err)
	}
	if err := s.Update(t.Context(), long, returning("")); !errors.Is(err, storage.ErrTooLarge) {
		t.Errorf("Update of a long key = %v", err)
	}
	if err := s.Update(t.Context(), key, returning(strings.Repeat("v", 64<<10+1))); !errors.Is(err, storage.ErrTooLarge) {
		t.Errorf("Update to a large value = %v", err)
	}
	put(t, s, strings.Repeat("v", 64<<10)) // at once: the lease was given back
}

func TestAbsence(t *testing.T) {
	t.Parallel()
	db := newTable()
	s := db.machine(t, lease.Config{})
	if _, err := s.Load(t.Context(), key); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Load = %v", err)
	}
	s.setFault(func(string, string) error { return fs.ErrNotExist }) // the socket of the database
	if _, err := s.Load(t.Context(), key); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Load = %v; want an error that does not say that the value is absent", err)
	}
	if err := s.Update(t.Context(), key, returning("")); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Update = %v; want an error that does not say that the value is absent", err)
	}
}
