package storagetest

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"github.com/chatelaine-go/chatelaine/storage"
)

// The checks of the interfaces that a store need not have. A store without one
// skips them.
func optionalChecks() []check {
	return []check{
		{"keys", listKeys},
		{"keys of a canceled context", listCanceled},
		{"keys do not wait", listDoesNotWait},
		{"replace", replaceValue},
		{"replace, error", replaceError},
		{"replace waits", replaceWaits},
		{"remove", removeValue},
		{"remove waits", removeWaits},
	}
}

func lister(t *tester, s storage.Store) storage.Lister {
	t.Helper()
	l, ok := s.(storage.Lister)
	if !ok {
		t.Skip("the store is not a storage.Lister")
	}
	for _, err := range l.Keys(t.Context()) {
		if errors.Is(err, errors.ErrUnsupported) {
			t.Skip("the store wraps one that is not a storage.Lister")
		}
	}
	return l
}

func replacer(t *tester, s storage.Store) storage.Replacer {
	t.Helper()
	r, ok := s.(storage.Replacer)
	if !ok {
		t.Skip("the store is not a storage.Replacer")
	}
	return r
}

// list returns the keys, sorted, and the errors in their place.
func list(ctx context.Context, t *tester, l storage.Lister) (keys []string, failures []error) {
	t.Helper()
	promptly(t, "Keys", func() {
		for k, err := range l.Keys(ctx) {
			if err != nil {
				failures = append(failures, err)
				continue
			}
			keys = append(keys, k)
		}
	})
	slices.Sort(keys)
	return keys, failures
}

func wantKeys(t *tester, l storage.Lister, want ...string) {
	t.Helper()
	keys, failures := list(t.Context(), t, l)
	slices.Sort(want)
	if !slices.Equal(keys, want) || len(failures) > 0 {
		t.Fatalf("Keys: %.40q, %v; want %.40q", keys, failures, want)
	}
}

// listKeys: each key that has a value is listed once, as it is.
func listKeys(t *tester, s storage.Store) {
	t.Helper()
	l := lister(t, s)
	wantKeys(t, l)
	keys := []string{"a", "A", " a ", "a/b", `a\b`, "../a", "%41", "\n", "ключ", "user@example.com"}
	for _, k := range keys {
		put(t, s, k, []byte("first"))
		put(t, s, k, []byte("second"))
	}
	put(t, s, "empty", []byte{})
	wantKeys(t, l, append(slices.Clone(keys), "empty")...)
	put(t, s, "a", nil)
	put(t, s, "empty", nil)
	wantAbsent(t, s, "absent") // which must not make it a key
	wantKeys(t, l, keys[1:]...)
	var failure error
	seen := 0
	promptly(t, "Keys that is stopped early", func() {
		for _, failure = range l.Keys(t.Context()) {
			seen++
			break
		}
	})
	if seen != 1 || failure != nil {
		t.Fatalf("Keys, stopped after the first one, yielded %d: %v", seen, failure)
	}
}

func listCanceled(t *tester, s storage.Store) {
	t.Helper()
	l := lister(t, s)
	put(t, s, key, []byte("value"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	keys, failures := list(ctx, t, l)
	if len(keys) > 0 || len(failures) != 1 || !errors.Is(failures[0], context.Canceled) {
		t.Fatalf("Keys with a canceled context: %q, %v; want context.Canceled and no key", keys, failures)
	}
}

func listDoesNotWait(t *tester, s storage.Store) {
	t.Helper()
	l := lister(t, s)
	put(t, s, key, []byte("old"))
	h := hold(t, s, []byte("new"))
	wantKeys(t, l, key)
	h.release(t)
	wantKeys(t, l, key)
}

func replace(t *tester, r storage.Replacer, fn func(context.Context, []byte) ([]byte, error)) (err error) {
	t.Helper()
	promptly(t, "Replace", func() { err = r.Replace(t.Context(), key, fn) })
	return err
}

// replaceValue: of a value that can be read, and of none, Replace makes what
// Update does.
func replaceValue(t *tester, s storage.Store) {
	t.Helper()
	r := replacer(t, s)
	for _, step := range []struct{ old, value []byte }{{nil, []byte("first")}, {[]byte("first"), []byte("second")}, {[]byte("second"), nil}, {nil, []byte{}}} {
		var old []byte
		err := replace(t, r, func(_ context.Context, o []byte) ([]byte, error) {
			old = bytes.Clone(o)
			return step.value, nil
		})
		if err != nil || (old == nil) != (step.old == nil) || !bytes.Equal(old, step.old) {
			t.Fatalf("Replace: %v; the callback was given %s (nil: %t); want %s (nil: %t)", err, brief(old), old == nil, step.old, step.old == nil)
		}
		if step.value == nil {
			wantAbsent(t, s, key)
		} else {
			wantValue(t, s, key, step.value)
		}
	}
}

func replaceError(t *tester, s storage.Store) {
	t.Helper()
	r := replacer(t, s)
	put(t, s, key, []byte("value"))
	if err := replace(t, r, scribbleAndFail); !errors.Is(err, errCallback) {
		t.Fatalf("Replace = %v; want the callback's error", err)
	}
	wantValue(t, s, key, []byte("value"))
}

// replaceWaits: Replace takes the lock that Update takes.
func replaceWaits(t *tester, s storage.Store) {
	t.Helper()
	r := replacer(t, s)
	h := hold(t, s, []byte("held"))
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	var err error
	called := false
	promptly(t, "Replace that waits for the lock", func() {
		err = r.Replace(ctx, key, func(context.Context, []byte) ([]byte, error) {
			called = true
			return nil, nil
		})
	})
	if called || !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("Replace that waits for the lock: callback called %t, %v; want context.DeadlineExceeded and no call", called, err)
	}
	h.release(t)
	wantValue(t, s, key, []byte("held"))
}

func remove(ctx context.Context, t *tester, r storage.Replacer) (err error) {
	t.Helper()
	promptly(t, "Remove", func() { err = r.Remove(ctx, key) })
	return err
}

// removeValue: Remove removes a value, and one that is not there as well.
func removeValue(t *tester, s storage.Store) {
	t.Helper()
	r := replacer(t, s)
	put(t, s, "another", []byte("stays"))
	put(t, s, key, []byte("value"))
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := remove(canceled, t, r); !errors.Is(err, context.Canceled) {
		t.Fatalf("Remove with a canceled context: %v; want context.Canceled", err)
	}
	wantValue(t, s, key, []byte("value"))
	for range 2 {
		if err := remove(t.Context(), t, r); err != nil {
			t.Fatalf("Remove: %v", err)
		}
		wantAbsent(t, s, key)
	}
	wantOld(t, s, key, nil)
	wantValue(t, s, "another", []byte("stays"))
	put(t, s, key, []byte("again"))
	wantValue(t, s, key, []byte("again"))
}

// removeWaits: a value that an Update is about to change is not removed under
// its hands.
func removeWaits(t *tester, s storage.Store) {
	t.Helper()
	r := replacer(t, s)
	put(t, s, key, []byte("old"))
	h := hold(t, s, []byte("held"))
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	if err := remove(ctx, t, r); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("Remove that waits for the lock: %v; want context.DeadlineExceeded", err)
	}
	wantValue(t, s, key, []byte("old"))
	h.release(t)
	wantValue(t, s, key, []byte("held"))
}
