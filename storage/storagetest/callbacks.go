package storagetest

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"runtime"

	"github.com/chatelaine-go/chatelaine/storage"
)

func callbackChecks() []check {
	return []check{
		{"callback error", callbackError},
		{"callback says absent", callbackSaysAbsent},
		{"callback panics", callbackPanics},
		{"callback exits", callbackExits},
	}
}

func same(_ context.Context, old []byte) ([]byte, error) { return old, nil }

func scribble(b []byte) {
	for i := range b {
		b[i] ^= 0xff
	}
}

func scribbleAndFail(_ context.Context, old []byte) ([]byte, error) {
	scribble(old)
	return old, errCallback
}

func callbackError(t *tester, s storage.Store) {
	t.Helper()
	fail := func(context.Context, []byte) ([]byte, error) { return []byte("lost"), errCallback }
	if err := update(t, s, key, fail); !errors.Is(err, errCallback) {
		t.Fatalf("Update = %v; want the callback's error", err)
	}
	wantAbsent(t, s, key)
	put(t, s, key, []byte("value"))
	if err := update(t, s, key, fail); !errors.Is(err, errCallback) {
		t.Fatalf("Update = %v; want the callback's error", err)
	}
	wantValue(t, s, key, []byte("value"))
}

// callbackSaysAbsent lets the callback fail with the very error that means
// absence elsewhere: it is the callback's and changes nothing.
func callbackSaysAbsent(t *tester, s storage.Store) {
	t.Helper()
	put(t, s, key, []byte("value"))
	err := update(t, s, key, func(context.Context, []byte) ([]byte, error) { return nil, fs.ErrNotExist })
	if !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("Update = %v; want the callback's error", err)
	}
	wantValue(t, s, key, []byte("value"))
}

func callbackPanics(t *tester, s storage.Store) {
	t.Helper()
	put(t, s, key, []byte("value"))
	var recovered any
	promptly(t, "Update whose callback panics", func() {
		defer func() { recovered = recover() }()
		_ = s.Update(t.Context(), key, func(context.Context, []byte) ([]byte, error) {
			var none []byte
			return none[len(none):][:1:1], nil // out of range
		})
	})
	var cause runtime.Error
	if err, ok := recovered.(error); !ok || !errors.As(err, &cause) {
		t.Fatalf("recovered %v; want the callback's panic to reach the caller of Update", recovered)
	}
	wantValue(t, s, key, []byte("value"))
	put(t, s, key, []byte("after")) // hangs if the lock was forgotten
	wantValue(t, s, key, []byte("after"))
}

// callbackExits ends the callback's goroutine, as t.FailNow does.
func callbackExits(t *tester, s storage.Store) {
	t.Helper()
	put(t, s, key, []byte("value"))
	promptly(t, "Update whose callback exits", func() {
		_ = s.Update(t.Context(), key, func(context.Context, []byte) ([]byte, error) {
			runtime.Goexit()
			return bytes.Clone([]byte("lost")), nil
		})
	})
	wantValue(t, s, key, []byte("value"))
	put(t, s, key, []byte("after"))
	wantValue(t, s, key, []byte("after"))
}
