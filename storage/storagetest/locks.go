package storagetest

import (
	"context"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/chatelaine-go/chatelaine/storage"
)

func lockChecks() []check {
	return []check{
		{"load does not wait", loadDoesNotWait},
		{"other keys do not wait", otherKeysDoNotWait},
		{"one at a time", oneAtATime},
		{"nested", nested},
		{"readers beside a writer", readersBesideWriter},
	}
}

// A holder is an Update that stays in its callback.
type holder struct {
	leave chan struct{}
	done  chan struct{}
	err   error
}

// hold starts an Update of key that will store value, and returns when it has the
// lock.
func hold(t *tester, s storage.Store, value []byte) *holder {
	t.Helper()
	h := &holder{leave: make(chan struct{}), done: make(chan struct{})}
	entered := make(chan struct{})
	go func() {
		defer close(h.done)
		h.err = s.Update(t.Context(), key, func(context.Context, []byte) ([]byte, error) {
			close(entered)
			<-h.leave
			return value, nil
		})
	}()
	t.Cleanup(sync.OnceFunc(func() {
		select {
		case <-h.leave:
		default:
			close(h.leave)
		}
	}))
	select {
	case <-h.done:
		t.Fatalf("Update ended before it called its callback: %v", h.err)
	case <-entered:
	}
	return h
}

func (h *holder) release(t *tester) {
	t.Helper()
	close(h.leave)
	await(t, "Update that held the lock", h.done)
	if h.err != nil {
		t.Fatalf("Update that held the lock: %v", h.err)
	}
}

func loadDoesNotWait(t *tester, s storage.Store) {
	t.Helper()
	put(t, s, key, []byte("old"))
	h := hold(t, s, []byte("new"))
	wantValue(t, s, key, []byte("old"))
	wantAbsent(t, s, "another")
	h.release(t)
	wantValue(t, s, key, []byte("new"))
}

func otherKeysDoNotWait(t *tester, s storage.Store) {
	t.Helper()
	h := hold(t, s, []byte("held"))
	put(t, s, "another", []byte("value"))
	wantValue(t, s, "another", []byte("value"))
	h.release(t)
}

// oneAtATime counts in the store from many goroutines. A lost update makes the
// sum too small; two callbacks at a time are seen as such.
func oneAtATime(t *tester, s storage.Store) {
	t.Helper()
	const workers, each = 8, 25
	var inside, crowded atomic.Int32
	var c crew
	for range workers {
		c.start(func() {
			for range each {
				err := s.Update(t.Context(), key, func(ctx context.Context, old []byte) ([]byte, error) {
					if inside.Add(1) > 1 {
						crowded.Add(1)
					}
					defer inside.Add(-1)
					runtime.Gosched()
					return increment(ctx, old)
				})
				if err != nil {
					c.errorf("Update: %v", err)
					return
				}
				c.step()
			}
		})
	}
	c.wait(t, "counting")
	if n := crowded.Load(); n > 0 {
		t.Errorf("%d callbacks ran while another one did", n)
	}
	wantValue(t, s, key, []byte(strconv.Itoa(workers*each)))
	secondStaysOut(t, s)
}

// secondStaysOut holds one callback for a while and watches whether another one is let in. A store
// without a lock does it every time, however the goroutines are scheduled.
func secondStaysOut(t *tester, s storage.Store) {
	t.Helper()
	const while = 100 * time.Millisecond
	inside, other := make(chan struct{}), make(chan struct{})
	var c crew
	c.start(func() {
		<-inside
		err := s.Update(t.Context(), key, func(_ context.Context, old []byte) ([]byte, error) {
			close(other)
			return old, nil
		})
		if err != nil {
			c.errorf("Update: %v", err)
		}
	})
	release := sync.OnceFunc(func() { close(inside) })
	t.Cleanup(release) // also if the callback is never called
	err := update(t, s, key, func(_ context.Context, old []byte) ([]byte, error) {
		release()
		timer := time.NewTimer(while)
		defer timer.Stop()
		select {
		case <-other:
			c.errorf("a callback ran while another one did")
		case <-timer.C:
		}
		return old, nil
	})
	if err != nil {
		t.Fatalf("Update: %v", err)
	}
	c.wait(t, "the second callback")
}

func increment(_ context.Context, old []byte) ([]byte, error) {
	n := 0
	if old != nil {
		var err error
		if n, err = strconv.Atoi(string(old)); err != nil {
			return nil, err
		}
	}
	return strconv.AppendInt(nil, int64(n+1), 10), nil
}

// nested: an Update inside an Update of the same key cannot get the lock. It
// may say so at once, or when its context is done; it must not be let in, and
// the outer one must go on. Another key can be locked meanwhile.
func nested(t *tester, s storage.Store) {
	t.Helper()
	var inner, other error
	called := false
	err := update(t, s, key, func(ctx context.Context, _ []byte) ([]byte, error) {
		limited, cancel := context.WithTimeout(ctx, soon)
		defer cancel()
		inner = s.Update(limited, key, func(context.Context, []byte) ([]byte, error) {
			called = true
			return []byte("inner"), nil
		})
		other = s.Update(ctx, "another", returning([]byte("other")))
		return []byte("outer"), nil
	})
	if err != nil || other != nil || inner == nil || called {
		t.Fatalf("outer %v, other key %v, inner %v (called %t); want only the inner one to fail", err, other, inner, called)
	}
	wantValue(t, s, key, []byte("outer"))
	wantValue(t, s, "another", []byte("other"))
}

// readersBesideWriter: every Load returns a value that was once written whole.
func readersBesideWriter(t *tester, s storage.Store) {
	t.Helper()
	put(t, s, key, pattern(0))
	stop := make(chan struct{})
	end := sync.OnceFunc(func() { close(stop) })
	defer end()
	var c crew
	for range 4 {
		c.start(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				got, err := s.Load(t.Context(), key)
				if err != nil || !isPattern(got) {
					c.errorf("Load beside a writer = %s (%d bytes), %v", brief(got), len(got), err)
					return
				}
			}
		})
	}
	for i := range 40 {
		put(t, s, key, pattern(i))
	}
	end()
	c.wait(t, "readers")
}
