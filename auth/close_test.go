package auth_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/storage"
)

// TestClose_waits for a refresh under way and its save, no longer than its context.
func TestClose_waits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := storage.NewMemory()
		f := start(t, authtest.Config{InMemory: true}, func(c *auth.Config) { c.Store = store })
		f.ExpireAccess()
		release := f.HoldRefresh()
		gaveUp, cancel := context.WithCancel(t.Context())
		go func() { _, _, _ = f.get(gaveUp, "/me") }()
		synctest.Wait()
		cancel()
		bounded, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		if err := f.session.Close(bounded); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		closed := make(chan error, 1)
		go func() { closed <- f.session.Close(t.Context()) }()
		synctest.Wait()
		release()
		if err := <-closed; err != nil {
			t.Error(err)
		}
		again := join(t, f.Server, func(c *auth.Config) { c.Store = store })
		again.mustGet(t, "/me", http.StatusOK) // what was under way has been saved
		f.AssertRefreshes(t, 1)
		f.ExpireAccess()
		f.mustFail(t, "/me", auth.ErrClosed, auth.ErrRefreshFailed)
		finish(f, again)
	})
}

// TestClose_waitsForAll: a goroutine that ends early is not the last one.
func TestClose_waitsForAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newFaulty()
		hook := make(chan struct{})
		f := start(t, authtest.Config{InMemory: true}, with(store), func(c *auth.Config) {
			c.OnEvent = func(e auth.Event) {
				if e.Kind == auth.TokenRefreshed {
					<-hook
				}
			}
		})
		store.fail(0, 0, 1)
		f.ExpireAccess()
		r := f.goGet(t.Context(), "/me")
		synctest.Wait() // one tells the event, another waits to repeat the save
		closed := make(chan error, 1)
		go func() { closed <- f.session.Close(t.Context()) }()
		synctest.Wait()
		select {
		case err := <-closed:
			t.Errorf("Close did not wait: %v", err)
		default:
		}
		close(hook)
		if err := <-closed; err != nil {
			t.Error(err)
		}
		(<-r).want(t, http.StatusOK)
		finish(f)
	})
}

// TestClose_beforeUse: a session that was never read cannot be after Close.
func TestClose_beforeUse(t *testing.T) {
	t.Parallel()
	s := authtest.NewServer(authtest.Config{})
	t.Cleanup(s.Close)
	f := join(t, s)
	if err := f.session.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.mustFail(t, "/me", auth.ErrClosed)
}
