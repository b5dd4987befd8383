package auth_test

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/storage"
)

// TestRule04_Detached: everyone gives up; the refresh goes on, and what the server answered is
// saved.
func TestRule04_Detached(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := storage.NewMemory()
		f := start(t, authtest.Config{InMemory: true}, with(store))
		before := stored(t, store)
		f.ExpireAccess()
		release := f.HoldRefresh()
		ctx, cancel := context.WithCancel(t.Context())
		all := []<-chan result{f.goGet(ctx, "/me"), f.goGet(ctx, "/me")}
		synctest.Wait()
		cancel()
		for _, r := range all {
			(<-r).fails(t, context.Canceled)
		}
		release()
		synctest.Wait()
		if stored(t, store) == before {
			t.Error("the answer was not saved")
		}
		f.mustGet(t, "/me", http.StatusOK)
		f.AssertRefreshes(t, 1)
		f.events.want(t, "signed in, token refreshed")
		finish(f)
	})
}

// TestRule04_LeaderCancelled: the caller that began the refresh gives up; who joined it gets the
// token.
func TestRule04_LeaderCancelled(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	f.ExpireAccess()
	release := f.HoldRefresh()
	ctx, cancel := context.WithCancel(t.Context())
	leader := f.goGet(ctx, "/me")
	f.await(t, refreshing(1))
	follower := f.goGet(t.Context(), "/me")
	f.await(t, calling(2))
	cancel()
	(<-leader).fails(t, context.Canceled)
	release()
	(<-follower).want(t, http.StatusOK)
	f.AssertRefreshes(t, 1)
}

// TestRule04_WaiterCancelled: a caller that waits for another one's refresh comes back when its
// context ends, and only it does.
func TestRule04_WaiterCancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := start(t, authtest.Config{InMemory: true})
		f.ExpireAccess()
		release := f.HoldRefresh()
		leader := f.goGet(t.Context(), "/me")
		synctest.Wait()
		begin := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		defer cancel()
		(<-f.goGet(ctx, "/me")).fails(t, context.DeadlineExceeded)
		if waited := time.Since(begin); waited != 30*time.Millisecond {
			t.Errorf("waited %v", waited)
		}
		release()
		(<-leader).want(t, http.StatusOK)
		f.AssertRefreshes(t, 1)
		finish(f)
	})
}

// TestRule04_Cause: a cause of the caller's own is found, and the kind is right all the same.
func TestRule04_Cause(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	closed := errors.New("the window was closed")
	f.ExpireAccess()
	release := f.HoldRefresh()
	defer release()
	ctx, cancel := context.WithCancelCause(t.Context())
	r := f.goGet(ctx, "/me")
	f.await(t, refreshing(1))
	cancel(closed)
	got := <-r
	got.fails(t, closed, context.Canceled)
	if e, ok := errors.AsType[*interceptor.Error](got.err); !ok || e.Kind != interceptor.KindCanceled {
		t.Errorf("got %v", got.err)
	}
}

// misbehaving is a Refresher that does something else at its first call.
func misbehaving(first func()) func(*auth.Config) {
	return func(c *auth.Config) {
		own, _ := c.Refresher.(auth.JSONRefresher)
		own.URL = c.BaseURL + own.URL
		called := false
		c.Refresher = auth.RefreshFunc(func(ctx context.Context, old auth.Token) (auth.Token, error) {
			if !called {
				called = true
				first()
			}
			return own.Refresh(ctx, old)
		})
	}
}

// TestRule04_Panic: a panic in the Refresher, and one that ends its goroutine, are errors to the
// waiters, and the next request works.
func TestRule04_Panic(t *testing.T) {
	t.Parallel()
	cause := errors.New("cause")
	for name, first := range map[string]func(){
		"panicked":            func() { panic(cause) },
		"ended its goroutine": runtime.Goexit,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, authtest.Config{}, misbehaving(first))
			f.ExpireAccess()
			for _, r := range f.together(t, 5) {
				r.fails(t, auth.ErrRefreshFailed)
				if r.err == nil || !strings.Contains(r.err.Error(), name) {
					t.Errorf("got %v", r.err)
				}
				if name == "panicked" {
					r.fails(t, cause)
				}
			}
			f.mustGet(t, "/me", http.StatusOK)
			f.AssertRefreshes(t, 1)
		})
	}
}

// TestRule04_TimeoutAlone: what the wait for the lock took is not taken from the Refresher.
func TestRule04_TimeoutAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := storage.NewMemory()
		f := start(t, authtest.Config{InMemory: true}, with(store))
		go func() {
			_ = store.Update(t.Context(), "default", func(_ context.Context, old []byte) ([]byte, error) { sleep(20 * time.Second); return old, nil })
		}()
		synctest.Wait()
		f.ExpireAccess()
		f.DelayRefresh(20 * time.Second)
		f.mustGet(t, "/me", http.StatusOK)
		finish(f)
	})
}

// TestRule04_Timeout bounds a Refresher that does not come back, and with it what callers wait.
func TestRule04_Timeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := start(t, authtest.Config{InMemory: true}, func(c *auth.Config) { c.RefreshTimeout = 7 * time.Second })
		f.ExpireAccess()
		release := f.HoldRefresh()
		begin := time.Now()
		f.mustFail(t, "/me", auth.ErrRefreshFailed, context.DeadlineExceeded)
		if waited := time.Since(begin); waited != 7*time.Second {
			t.Errorf("waited %v", waited)
		}
		release()
		finish(f)
	})
}
