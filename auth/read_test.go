package auth_test

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/storage"
)

// counted counts how often the store is read without its lock.
type counted struct {
	*storage.Memory

	loads atomic.Int32
}

func (c *counted) Load(ctx context.Context, key string) ([]byte, error) {
	c.loads.Add(1)
	return c.Memory.Load(ctx, key)
}

// TestRead_once: the first use reads the store. Later requests, and Token, sign with what is known.
func TestRead_once(t *testing.T) {
	t.Parallel()
	store := &counted{Memory: storage.NewMemory()}
	f := start(t, authtest.Config{}, with(store))
	again := join(t, f.Server, with(store))
	store.loads.Store(0)
	for range 3 {
		again.mustGet(t, "/me", http.StatusOK)
		if _, err := again.session.Token(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if n := store.loads.Load(); n != 1 {
		t.Errorf("the store was read %d times, want 1", n)
	}
}

// TestRead_inside: a Refresher that asks about its own session gets what the refresh has read; the
// store, which is locked at that moment, is left alone.
func TestRead_inside(t *testing.T) {
	t.Parallel()
	store := &counted{Memory: storage.NewMemory()}
	var session *auth.Interceptor
	var loads int32
	f := start(t, authtest.Config{}, with(store), func(c *auth.Config) {
		c.Refresher = auth.RefreshFunc(func(ctx context.Context, old auth.Token) (auth.Token, error) {
			before := store.loads.Load()
			err := session.Reload(ctx)
			st, err2 := session.Status(ctx)
			loads = store.loads.Load() - before
			if err := errors.Join(err, err2); err != nil || !st.SignedIn {
				return auth.Token{}, errors.Join(errors.New("nobody is signed in"), err)
			}
			return auth.Token{AccessToken: "next", RefreshToken: old.RefreshToken}, nil
		})
	})
	session = f.session
	if got, err := session.Refresh(t.Context()); err != nil || got.AccessToken != "next" || loads != 0 {
		t.Errorf("%v; the store was read %d times", err, loads)
	}
}

// TestRead_canceled: a caller that has gone gets its context's error, not what was known before.
func TestRead_canceled(t *testing.T) {
	t.Parallel()
	s := authtest.NewServer(authtest.Config{})
	t.Cleanup(s.Close)
	f := join(t, s)
	if _, err := f.session.Token(t.Context()); !errors.Is(err, auth.ErrLoginRequired) {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.session.Token(ctx); !errors.Is(err, context.Canceled) || errors.Is(err, auth.ErrLoginRequired) {
		t.Errorf("Token: %v", err)
	}
	if _, err := f.session.Status(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Status: %v", err)
	}
}
