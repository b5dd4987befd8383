package storagetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"time"

	"github.com/chatelaine-go/chatelaine/storage"
)

// slowCallback: a callback that takes three times as long as a lock lasts
// keeps the lock.
func slowCallback(t *tester, f Fleet, space string) {
	t.Helper()
	a, b := f.Open(t.T, f.Addr, space), f.Open(t.T, f.Addr, space)
	h := hold(t, a, []byte("first"))
	entered := make(chan []byte, 1)
	second := make(chan error, 1)
	go func() {
		second <- b.Update(t.Context(), key, func(_ context.Context, old []byte) ([]byte, error) {
			entered <- bytes.Clone(old)
			return []byte("second"), nil
		})
	}()
	timer := time.NewTimer(3 * f.TTL)
	defer timer.Stop()
	select {
	case <-entered:
		t.Fatal("a second callback ran while the first one did")
	case err := <-second:
		t.Fatalf("the waiting Update ended: %v", err)
	case <-timer.C:
	}
	h.release(t)
	var err error
	within(t, f.TTL+grace, "Update after the slow callback", func() { err = <-second })
	if err != nil {
		t.Fatalf("Update after the slow callback: %v", err)
	}
	if old := <-entered; string(old) != "first" {
		t.Errorf("the second callback was given %s; want what the first one stored", brief(old))
	}
}

// manyCallbacks: a hundred callbacks at a time need no more connections than
// the store has.
func manyCallbacks(t *tester, f Fleet, space string) {
	t.Helper()
	const callbacks = 100
	s := f.Open(t.T, f.Addr, space)
	put(t, s, "read meanwhile", []byte("value"))
	var inside, done sync.WaitGroup
	inside.Add(callbacks)
	results := make(chan error, callbacks)
	leave := make(chan struct{})
	for i := range callbacks {
		done.Go(func() {
			results <- s.Update(t.Context(), fmt.Sprint("key ", i), func(context.Context, []byte) ([]byte, error) {
				inside.Done()
				<-leave
				return []byte("value"), nil
			})
		})
	}
	end := sync.OnceFunc(func() { close(leave) })
	defer end()
	within(t, 3*time.Second+grace, "a hundred callbacks at a time", inside.Wait)
	var err error
	within(t, 2*time.Second+grace, "Load meanwhile", func() { _, err = s.Load(t.Context(), "read meanwhile") })
	if err != nil {
		t.Errorf("Load while many callbacks run: %v", err)
	}
	end()
	within(t, 10*time.Second+grace, "the end of a hundred callbacks", done.Wait)
	for range callbacks {
		if err := <-results; err != nil {
			t.Errorf("Update: %v", err)
		}
	}
}

// waiterWakes: the wait of another store ends soon after the release.
func waiterWakes(t *tester, f Fleet, space string) {
	t.Helper()
	a, b := f.Open(t.T, f.Addr, space), f.Open(t.T, f.Addr, space)
	h := hold(t, a, []byte("first"))
	entered := make(chan struct{})
	second := make(chan error, 1)
	go func() {
		second <- b.Update(t.Context(), key, func(context.Context, []byte) ([]byte, error) {
			close(entered)
			return []byte("second"), nil
		})
	}()
	timer := time.NewTimer(f.TTL / 2) // it shall have begun to wait
	defer timer.Stop()
	<-timer.C
	h.release(t)
	within(t, f.Wake+grace, "a waiter after the release", func() { <-entered })
	if err := <-second; err != nil {
		t.Error(err)
	}
}

func keysOfAnyBytes(t *tester, f Fleet, space string) {
	t.Helper()
	s := f.Open(t.T, f.Addr, space)
	keys := []string{"", "a\x00b", "a", "\xff\xfe", strings.Repeat("\xff", 400), "a\x00", "\x00", "%", "_"}
	for i, k := range keys {
		wantAbsent(t, s, k)
		put(t, s, k, []byte{byte(i)})
	}
	for i, k := range keys {
		wantValue(t, s, k, []byte{byte(i)})
	}
}

// wiped: a store that comes back empty does not claim that there was nothing.
func wiped(t *tester, f Fleet, space string) {
	t.Helper()
	if f.Wipe == nil {
		t.Skip("the store cannot be wiped")
	}
	s := f.Open(t.T, f.Addr, space)
	put(t, s, key, []byte("value"))
	f.Wipe(t.T, space)
	for range 2 {
		if _, err := load(t, s, key); !errors.Is(err, storage.ErrDataLost) || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Load after the data was lost = %v; want ErrDataLost", err)
		}
		called := false
		err := update(t, s, key, func(context.Context, []byte) ([]byte, error) {
			called = true
			return nil, errCallback
		})
		if called || !errors.Is(err, storage.ErrDataLost) {
			t.Errorf("Update after the data was lost: callback called %t, %v; want ErrDataLost and no call", called, err)
		}
	}
}
