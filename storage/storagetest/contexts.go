package storagetest

import (
	"context"
	"errors"
	"time"

	"github.com/chatelaine-go/chatelaine/storage"
)

// soon is how long a wait that is meant to end without success lasts.
const soon = 50 * time.Millisecond

func contextChecks() []check {
	return []check{
		{"canceled before", canceledBefore},
		{"canceled while waiting", canceledWhileWaiting},
		{"deadline while waiting", deadlineWhileWaiting},
		{"canceled in the callback", canceledInCallback},
		{"values reach the callback", valuesReachCallback},
	}
}

func canceledBefore(t *tester, s storage.Store) {
	t.Helper()
	put(t, s, key, []byte("value"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	called := false
	var err error
	promptly(t, "Update with a canceled context", func() {
		err = s.Update(ctx, key, func(context.Context, []byte) ([]byte, error) {
			called = true
			return []byte("late"), nil
		})
	})
	if called || !errors.Is(err, context.Canceled) {
		t.Fatalf("Update with a canceled context: callback called %t, %v; want context.Canceled and no call", called, err)
	}
	promptly(t, "Load with a canceled context", func() { _, err = s.Load(ctx, key) })
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("Load with a canceled context: %v; want context.Canceled", err)
	}
	wantValue(t, s, key, []byte("value"))
}

func canceledWhileWaiting(t *tester, s storage.Store) {
	t.Helper()
	waitFails(t, s, context.Canceled, func(ctx context.Context) (context.Context, context.CancelFunc) {
		ctx, cancel := context.WithCancel(ctx)
		time.AfterFunc(soon, cancel)
		return ctx, cancel
	})
}

func deadlineWhileWaiting(t *tester, s storage.Store) {
	t.Helper()
	waitFails(t, s, context.DeadlineExceeded, func(ctx context.Context) (context.Context, context.CancelFunc) {
		return context.WithTimeout(ctx, soon)
	})
}

// waitFails lets one Update wait for another one and give up.
func waitFails(t *tester, s storage.Store, want error, limit func(context.Context) (context.Context, context.CancelFunc)) {
	t.Helper()
	h := hold(t, s, []byte("held"))
	ctx, cancel := limit(t.Context())
	defer cancel()
	called := false
	var err error
	promptly(t, "Update that waits for the lock", func() {
		err = s.Update(ctx, key, func(context.Context, []byte) ([]byte, error) {
			called = true
			return nil, nil
		})
	})
	if called || !errors.Is(err, want) {
		t.Fatalf("Update that waits for the lock: callback called %t, %v; want %v and no call", called, err, want)
	}
	h.release(t)
	wantValue(t, s, key, []byte("held"))
	put(t, s, key, []byte("after"))
	wantValue(t, s, key, []byte("after"))
}

// canceledInCallback: what the callback has got hold of, such as a rotated
// token, must be saved although the caller has left.
func canceledInCallback(t *tester, s storage.Store) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var err error
	promptly(t, "Update", func() {
		err = s.Update(ctx, key, func(context.Context, []byte) ([]byte, error) {
			cancel()
			return []byte("rotated"), nil
		})
	})
	if err != nil {
		t.Fatalf("Update whose context was canceled in the callback: %v; want the value saved", err)
	}
	wantValue(t, s, key, []byte("rotated"))
}

type contextKey struct{}

func valuesReachCallback(t *tester, s storage.Store) {
	t.Helper()
	ctx := context.WithValue(t.Context(), contextKey{}, "passed on")
	var got any
	var err error
	promptly(t, "Update", func() {
		err = s.Update(ctx, key, func(ctx context.Context, _ []byte) ([]byte, error) {
			got = ctx.Value(contextKey{})
			return []byte("value"), nil
		})
	})
	if err != nil || got != "passed on" {
		t.Fatalf("the callback's context has %v (%v); want a child of Update's context", got, err)
	}
}
