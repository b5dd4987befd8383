package storagetest

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"testing"

	"github.com/chatelaine-go/chatelaine/storage"
)

// An opener opens the store that lives in a directory.
type opener = func(t *testing.T, dir string) storage.Store

type sharedCheck struct {
	name string
	run  func(t *tester, open opener, dir string)
}

func sharedChecks() []sharedCheck {
	return []sharedCheck{
		{"two stores", twoStores},
		{"two stores wait for each other", twoStoresWait},
		{"first use together", firstUseTogether},
		{"processes count together", processesCount},
		{"process sees updates", processSeesUpdates},
		{"wait for a process", waitForProcess},
		{"killed holder", killedHolder},
		{"readers beside a process", readersBesideProcess},
	}
}

func twoStores(t *tester, open opener, dir string) {
	t.Helper()
	a, b := open(t.T, dir), open(t.T, dir)
	put(t, a, key, []byte("from a"))
	wantValue(t, b, key, []byte("from a"))
	wantOld(t, b, key, []byte("from a"))
	put(t, b, key, []byte("from b"))
	wantValue(t, a, key, []byte("from b"))
	put(t, a, key, nil)
	wantAbsent(t, b, key)
	put(t, b, key, []byte("stays"))
	wantValue(t, open(t.T, dir), key, []byte("stays"))
}

func twoStoresWait(t *tester, open opener, dir string) {
	t.Helper()
	a, b := open(t.T, dir), open(t.T, dir)
	put(t, a, key, []byte("old"))
	h := hold(t, a, []byte("new"))
	wantValue(t, b, key, []byte("old"))
	wantBusy(t, b)
	h.release(t)
	wantOld(t, b, key, []byte("new"))
}

// wantBusy checks that the lock of key cannot be had.
func wantBusy(t *tester, s storage.Store) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	called := false
	err := s.Update(ctx, key, func(context.Context, []byte) ([]byte, error) {
		called = true
		return nil, errCallback
	})
	if called || !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("Update while another store has the lock: callback called %t, %v", called, err)
	}
}

// firstUseTogether opens the store for the first time from many goroutines,
// which must agree on whatever has to be created.
func firstUseTogether(t *tester, open opener, dir string) {
	t.Helper()
	const workers = 6
	var c crew
	for i := range workers {
		c.start(func() {
			s := open(t.T, dir)
			if err := s.Update(t.Context(), strconv.Itoa(i), returning([]byte("value"))); err != nil {
				c.errorf("first Update: %v", err)
			}
		})
	}
	c.group.Wait() // however long it takes to create a key, because open may end the test
	c.report(t)
	s := open(t.T, dir)
	for i := range workers {
		wantValue(t, s, strconv.Itoa(i), []byte("value"))
	}
}

func processesCount(t *tester, open opener, dir string) {
	t.Helper()
	const processes, each = 4, 25
	children := make([]*child, processes)
	for i := range children {
		children[i] = start(t, roleCount, dir, strconv.Itoa(each))
	}
	for _, c := range children {
		c.awaitReady(t)
	}
	for _, c := range children {
		c.release(t)
	}
	for _, c := range children {
		c.wait(t)
	}
	wantValue(t, open(t.T, dir), key, []byte(strconv.Itoa(processes*each)))
}

func processSeesUpdates(t *tester, open opener, dir string) {
	t.Helper()
	s := open(t.T, dir)
	put(t, s, key, []byte("41"))
	c := start(t, roleCount, dir, "1")
	c.awaitReady(t)
	c.release(t)
	c.wait(t)
	wantValue(t, s, key, []byte("42"))
}

func waitForProcess(t *tester, open opener, dir string) {
	t.Helper()
	s := open(t.T, dir)
	put(t, s, key, []byte("old"))
	c := start(t, roleHold, dir)
	c.awaitReady(t)
	wantBusy(t, s)
	wantValue(t, s, key, []byte("old"))
	c.release(t)
	c.wait(t)
	wantOld(t, s, key, []byte("held"))
}

// killedHolder: the lock of a process that is killed is free, and what it was
// about to write does not exist.
func killedHolder(t *tester, open opener, dir string) {
	t.Helper()
	s := open(t.T, dir)
	put(t, s, key, []byte("old"))
	c := start(t, roleHold, dir)
	c.awaitReady(t)
	c.kill(t)
	wantOld(t, s, key, []byte("old"))
	put(t, s, key, []byte("new"))
	wantValue(t, s, key, []byte("new"))
}

func readersBesideProcess(t *tester, open opener, dir string) {
	t.Helper()
	s := open(t.T, dir)
	put(t, s, key, pattern(0))
	c := start(t, roleWrite, dir)
	c.awaitReady(t)
	var last []byte
	changes := 0
	for range 100_000 {
		got, err := load(t, s, key)
		if err != nil || !isPattern(got) {
			t.Fatalf("Load beside a writing process = %s (%d bytes), %v", brief(got), len(got), err)
		}
		if !bytes.Equal(got, last) {
			last, changes = got, changes+1
		}
		if changes == 30 {
			break
		}
	}
	c.release(t)
	c.wait(t)
	if changes < 2 {
		t.Fatalf("saw %d values: the other process did not write", changes)
	}
}
