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
)

// sleep lets the bubble's clock run.
func sleep(d time.Duration) { time.Sleep(d) } //nolint:forbidigo // inside a bubble only

// TestRule09_AheadOfTime: inside the window the old token serves while one refresh runs in the background.
func TestRule09_AheadOfTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := start(t, authtest.Config{InMemory: true, AccessTTL: 10 * time.Minute})
		sleep(9*time.Minute + 29*time.Second)
		f.mustGet(t, "/me", http.StatusOK)
		f.AssertRefreshes(t, 0)
		sleep(15 * time.Second) // past the jitter
		release := f.HoldRefresh()
		for range 10 {
			f.mustGet(t, "/me", http.StatusOK) // nobody waits
		}
		synctest.Wait()
		f.AssertRefreshes(t, 1)
		release()
		synctest.Wait()
		sleep(time.Minute) // the old token has expired
		f.mustGet(t, "/me", http.StatusOK)
		f.AssertRefreshes(t, 1)
		if n := f.Stats().Unauthorized; n != 0 {
			t.Errorf("%d requests were refused", n)
		}
		finish(f)
	})
}

// TestRule09_Expired: callers wait, and nothing is sent with the old token. Time asleep counts.
func TestRule09_Expired(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := start(t, authtest.Config{InMemory: true})
		sleep(24*time.Hour - time.Minute)
		fifty(t, func() error {
			_, _, err := f.get(t.Context(), "/me")
			return err
		}, nil)
		f.AssertRefreshes(t, 1)
		if n := f.Stats().Unauthorized; n != 0 {
			t.Errorf("%d requests were refused", n)
		}
		finish(f)
	})
}

// TestRule09_FailedAhead fails nobody, and is not repeated for every request.
func TestRule09_FailedAhead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := start(t, authtest.Config{InMemory: true, AccessTTL: 10 * time.Minute})
		f.FailRefresh(-1, http.StatusServiceUnavailable, nil, "")
		sleep(9*time.Minute + 40*time.Second)
		for range 10 {
			f.mustGet(t, "/me", http.StatusOK)
			synctest.Wait()
		}
		f.AssertRefreshes(t, 1)
		sleep(30 * time.Second) // it has expired: now callers do fail
		f.mustFail(t, "/me", auth.ErrRefreshFailed)
		f.FailRefresh(0, 0, nil, "")
		sleep(time.Minute)
		f.mustGet(t, "/me", http.StatusOK)
		finish(f)
	})
}

// TestP_ShortLife: a lifetime shorter than the window does not refresh for every request.
func TestP_ShortLife(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := start(t, authtest.Config{InMemory: true, AccessTTL: 5 * time.Second})
		for range 10 {
			f.mustGet(t, "/me", http.StatusOK)
		}
		synctest.Wait()
		f.AssertRefreshes(t, 0)
		for range 20 { // ten seconds
			sleep(500 * time.Millisecond)
			f.mustGet(t, "/me", http.StatusOK)
			synctest.Wait()
		}
		if n := f.Stats().Refreshes; n < 2 || n > 3 {
			t.Errorf("%d refreshes in ten seconds of a five-second token", n)
		}
		finish(f)
	})
}

// TestQ_ClockSkew: an hour of difference between the clocks costs no refresh.
func TestQ_ClockSkew(t *testing.T) {
	t.Parallel()
	for _, offset := range []time.Duration{time.Hour, -time.Hour} {
		for _, form := range []authtest.ExpiresIn{authtest.ExpiresInSeconds, authtest.ExpiresInAbsent} {
			synctest.Test(t, func(t *testing.T) {
				f := start(t, authtest.Config{InMemory: true, ClockOffset: offset, ExpiresIn: form})
				if err := f.session.Login(t.Context(), f.unexpiring()); err != nil {
					t.Fatal(err)
				}
				if _, err := f.session.Refresh(t.Context()); err != nil {
					t.Fatal(err)
				}
				for range 10 {
					f.mustGet(t, "/me", http.StatusOK)
				}
				synctest.Wait()
				f.AssertRefreshes(t, 1)
				sleep(5 * time.Minute)
				f.mustGet(t, "/me", http.StatusOK)
				f.AssertRefreshes(t, 2)
				finish(f)
			})
		}
	}
}

// unexpiring is a new session whose expiry nobody told.
func (f *fixture) unexpiring() auth.Token {
	p := f.Issue("alice")
	return auth.Token{AccessToken: p.AccessToken, RefreshToken: p.RefreshToken}
}

// TestBackoff: the first failure may be made up for at once, the next ones wait longer and longer.
func TestBackoff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := start(t, authtest.Config{InMemory: true}, func(c *auth.Config) { c.RefreshWindow.MaxAttempts = -1 })
		f.FailRefresh(-1, http.StatusServiceUnavailable, nil, "")
		f.ExpireAccess()
		for range 600 { // a minute
			f.mustFail(t, "/me", auth.ErrRefreshFailed)
			sleep(100 * time.Millisecond)
		}
		if n := f.Stats().Refreshes; n < 7 || n > 10 {
			t.Errorf("%d refreshes in a minute of trouble", n)
		}
		finish(f)
	})
}

// TestRefreshTimeout bounds a refresher that never comes back, and with it what callers wait.
func TestRefreshTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := start(t, authtest.Config{InMemory: true}, func(c *auth.Config) {
			c.Refresher = auth.RefreshFunc(func(ctx context.Context, _ auth.Token) (auth.Token, error) {
				<-ctx.Done()
				return auth.Token{}, ctx.Err()
			})
		})
		f.ExpireAccess()
		begin := time.Now()
		err := f.mustFail(t, "/me", auth.ErrRefreshFailed)
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != 30*time.Second {
			t.Errorf("got %v after %v", err, time.Since(begin))
		}
		finish(f)
	})
}
