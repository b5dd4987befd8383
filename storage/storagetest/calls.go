package storagetest

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/chatelaine-go/chatelaine/storage"
)

const key = "default"

// errCallback is what callbacks fail with.
var errCallback = errors.New("storagetest: the callback failed")

func returning(value []byte) func(context.Context, []byte) ([]byte, error) {
	return func(context.Context, []byte) ([]byte, error) { return value, nil }
}

// promptly runs call and ends the test if it hangs.
func promptly(t *tester, what string, call func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		call()
	}()
	await(t, what, done)
}

func await(t *tester, what string, done <-chan struct{}) {
	t.Helper()
	patience := t.patience()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
		t.Fatalf("%s: still waiting after %v", what, patience)
	}
}

func update(t *tester, s storage.Store, key string, fn func(context.Context, []byte) ([]byte, error)) (err error) {
	t.Helper()
	promptly(t, "Update", func() { err = s.Update(t.Context(), key, fn) })
	return err
}

func put(t *tester, s storage.Store, key string, value []byte) {
	t.Helper()
	if err := update(t, s, key, returning(value)); err != nil {
		t.Fatalf("Update(%q) to %d bytes: %v", key, len(value), err)
	}
}

func load(t *tester, s storage.Store, key string) (value []byte, err error) {
	t.Helper()
	promptly(t, "Load", func() { value, err = s.Load(t.Context(), key) })
	return value, err
}

func wantValue(t *tester, s storage.Store, key string, want []byte) {
	t.Helper()
	got, err := load(t, s, key)
	switch {
	case err != nil:
		t.Fatalf("Load(%q): %v; want %d bytes", key, err, len(want))
	case got == nil:
		t.Fatalf("Load(%q) = nil without an error; a value of no bytes is not nil", key)
	case !bytes.Equal(got, want):
		t.Fatalf("Load(%q) = %s; want %s", key, brief(got), brief(want))
	}
}

func wantAbsent(t *tester, s storage.Store, key string) {
	t.Helper()
	got, err := load(t, s, key)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("Load(%q) = %s, %v; want an error that matches fs.ErrNotExist", key, brief(got), err)
	}
}

// wantOld checks what a callback is given; nil means absent.
func wantOld(t *tester, s storage.Store, key string, want []byte) {
	t.Helper()
	var old []byte
	called := false
	err := update(t, s, key, func(_ context.Context, o []byte) ([]byte, error) {
		called, old = true, bytes.Clone(o)
		return nil, errCallback
	})
	switch {
	case !errors.Is(err, errCallback) || !called:
		t.Fatalf("Update(%q): called %t, %v; want the callback's error", key, called, err)
	case (old == nil) != (want == nil) || !bytes.Equal(old, want):
		t.Fatalf("the callback for %q was given %s (nil: %t); want %s (nil: %t)", key, brief(old), old == nil, brief(want), want == nil)
	}
}

// brief describes a value without filling the screen.
func brief(b []byte) []byte {
	if len(b) > 40 {
		b = append(bytes.Clone(b[:40]), "…"...)
	}
	return bytes.ToValidUTF8(b, []byte("?"))
}
