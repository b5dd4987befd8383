package auth_test

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

// sleep advances the clock of a bubble of package synctest.
func sleep(d time.Duration) { <-time.After(d) }

// TestRule09_AheadOfTime: inside the window the old token serves while one refresh runs in the
// background.
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

// TestRule09_Window: the window is where it was configured; negative means when the token has
// expired, not before.
func TestRule09_Window(t *testing.T) {
	t.Parallel()
	for window, at := range map[time.Duration]time.Duration{ // of a lifetime of an hour
		0:                -30 * time.Second,
		10 * time.Minute: -10 * time.Minute,
		time.Hour:        -12 * time.Minute, // a fifth
		-1:               0,
	} {
		synctest.Test(t, func(t *testing.T) {
			f := start(t, authtest.Config{InMemory: true, AccessTTL: time.Hour}, func(c *auth.Config) { c.ExpiryWindow = window })
			begin := time.Now()
			for f.Stats().Refreshes == 0 && time.Since(begin) < 2*time.Hour {
				sleep(time.Second)
				if _, err := f.session.Token(t.Context()); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
			}
			early, late := time.Hour+at, time.Hour+at-at/5+time.Second // the jitter
			if took := time.Since(begin); took < early || took > late {
				t.Errorf("window %v: refreshed after %v, not between %v and %v", window, took, early, late)
			}
			finish(f)
		})
	}
}

// TestRule09_Jitter: many processes that share a session do not all try at the same moment.
func TestRule09_Jitter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		moments := make(map[time.Duration]bool)
		for range 20 {
			f := start(t, authtest.Config{InMemory: true, AccessTTL: time.Hour}, func(c *auth.Config) { c.ExpiryWindow = 10 * time.Minute })
			begin := time.Now()
			sleep(50 * time.Minute)
			for f.Stats().Refreshes == 0 {
				sleep(time.Second)
				f.mustGet(t, "/me", http.StatusOK)
				synctest.Wait()
			}
			moments[time.Since(begin)] = true
			finish(f)
		}
		if len(moments) < 5 {
			t.Errorf("%d moments for 20 clients", len(moments))
		}
	})
}

// TestRule09_Expired: callers wait, and nothing is sent with the old token. Time asleep counts.
func TestRule09_Expired(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := start(t, authtest.Config{InMemory: true})
		sleep(24*time.Hour - time.Minute)
		var all []<-chan result
		for range 50 {
			all = append(all, f.goGet(t.Context(), "/me"))
		}
		for _, r := range all {
			(<-r).want(t, http.StatusOK)
		}
		f.AssertRefreshes(t, 1)
		if n := f.Stats().Unauthorized; n != 0 {
			t.Errorf("%d requests were refused", n)
		}
		finish(f)
	})
}

// TestRule09_FailedAhead: no request fails when a refresh ahead of time does, and it is not
// repeated for each of them.
func TestRule09_FailedAhead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := start(t, authtest.Config{InMemory: true, AccessTTL: time.Hour}, func(c *auth.Config) { c.ExpiryWindow = 10 * time.Minute })
		f.FailRefresh(always, http.StatusServiceUnavailable, nil, "")
		sleep(52 * time.Minute)
		for range 300 { // five minutes
			f.mustGet(t, "/me", http.StatusOK)
			sleep(time.Second)
		}
		if n := f.Stats().Refreshes; n < 5 || n > 11 { // one in thirty seconds
			t.Errorf("%d refreshes in five minutes of trouble", n)
		}
		sleep(5 * time.Minute) // it has expired: now callers do fail
		f.mustFail(t, "/me", auth.ErrRefreshFailed)
		f.FailRefresh(0, 0, nil, "")
		sleep(time.Minute)
		f.mustGet(t, "/me", http.StatusOK)
		finish(f)
	})
}

// TestRule09_DeadAhead: a refresh token that is refused ahead of time ends the session then.
func TestRule09_DeadAhead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := start(t, authtest.Config{InMemory: true, AccessTTL: 10 * time.Minute})
		sleep(9*time.Minute + 40*time.Second)
		f.FailRefresh(1, http.StatusUnauthorized, nil, `{"message":"Invalid refresh token"}`)
		f.mustGet(t, "/me", http.StatusOK)
		synctest.Wait()
		f.events.want(t, "signed in, signed out")
		finish(f)
	})
}

// TestRule09_NothingToSend: a session without a refresh token is used as long as the server accepts
// it, whatever the clock says; no session ends ahead of time.
func TestRule09_NothingToSend(t *testing.T) {
	t.Parallel()
	for _, change := range []func(*auth.Config){func(*auth.Config) {}, byOAuth} {
		synctest.Test(t, func(t *testing.T) {
			f := start(t, authtest.Config{InMemory: true, AccessTTL: 10 * time.Minute}, change)
			tok := token(f.Issue("alice"))
			tok.RefreshToken, tok.Expiry = "", time.Now().Add(5*time.Minute) // our clock is fast
			if err := f.session.Login(t.Context(), tok); err != nil {
				t.Fatal(err)
			}
			for range 9 {
				f.mustGet(t, "/me", http.StatusOK)
				synctest.Wait()
				sleep(time.Minute)
			}
			if st, err := f.session.Status(t.Context()); err != nil || !st.SignedIn || st.Refreshable {
				t.Errorf("got %+v, %v", st, err)
			}
			sleep(2 * time.Minute)
			f.mustFail(t, "/me", auth.ErrLoginRequired)
			f.AssertRefreshes(t, 0)
			finish(f)
		})
	}
}

// TestRule09_ShortLife: a lifetime shorter than the window does not refresh for every request.
func TestRule09_ShortLife(t *testing.T) {
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

// TestRule09_ClockSkew: clocks that differ, by an hour or by nearly a token's life, cost no
// refresh, and none is too late.
func TestRule09_ClockSkew(t *testing.T) {
	t.Parallel()
	for _, offset := range []time.Duration{time.Hour, -time.Hour, 4*time.Minute + 50*time.Second, -4*time.Minute - 50*time.Second} {
		for _, form := range []authtest.ExpiresIn{authtest.ExpiresInSeconds, authtest.ExpiresInAbsent} {
			for _, change := range []func(*auth.Config){func(*auth.Config) {}, byOAuth} {
				synctest.Test(t, func(t *testing.T) {
					f := start(t, authtest.Config{InMemory: true, ClockOffset: offset, ExpiresIn: form}, change)
					if err := f.session.Login(t.Context(), f.unexpiring()); err != nil {
						t.Fatal(err)
					}
					if _, err := f.session.Refresh(t.Context()); err != nil {
						t.Fatal(err)
					}
					for range 25 { // four minutes
						f.mustGet(t, "/me", http.StatusOK)
						synctest.Wait()
						sleep(10 * time.Second)
					}
					f.AssertRefreshes(t, 1)
					sleep(5 * time.Minute)
					f.mustGet(t, "/me", http.StatusOK)
					f.AssertRefreshes(t, 2)
					if n := f.Stats().Unauthorized; n != 0 {
						t.Errorf("offset %v, %q: %d requests were refused", offset, form, n)
					}
					finish(f)
				})
			}
		}
	}
}

// unexpiring is a new session whose expiry is unknown.
func (f *fixture) unexpiring() auth.Token {
	p := f.Issue("alice")
	return auth.Token{AccessToken: p.AccessToken, RefreshToken: p.RefreshToken}
}

// TestRule09_ClockJump: a clock that jumps by an hour in the middle of a session costs at most one
// refresh, and no error.
func TestRule09_ClockJump(t *testing.T) {
	t.Parallel()
	for _, jump := range []time.Duration{time.Hour, -time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			f := start(t, authtest.Config{InMemory: true})
			f.mustGet(t, "/me", http.StatusOK)
			if err := f.Reconfigure(func(c *authtest.Config) { c.ClockOffset += jump }); err != nil {
				t.Fatal(err)
			}
			for range 10 {
				f.mustGet(t, "/me", http.StatusOK)
			}
			synctest.Wait()
			if n := f.Stats().Refreshes; n > 1 {
				t.Errorf("jump of %v: %d refreshes", jump, n)
			}
			finish(f)
		})
	}
}

// TestRule09_Asleep: a program that slept longer than the token lived refreshes before it sends.
func TestRule09_Asleep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := start(t, authtest.Config{InMemory: true, RefreshTTL: 1000 * time.Hour})
		f.FailRefresh(1, http.StatusTooManyRequests, http.Header{"Retry-After": {"3600"}}, "")
		sleep(6 * time.Minute)
		f.mustFail(t, "/me", auth.ErrRefreshFailed)
		sleep(8 * time.Hour) // what the server asked for has passed as well
		f.mustGet(t, "/me", http.StatusOK)
		finish(f)
	})
}

// TestBackoff: the first failure may be made up for at once, the next ones wait longer and longer.
func TestBackoff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := start(t, authtest.Config{InMemory: true}, func(c *auth.Config) { c.RefreshWindow.MaxAttempts = -1 })
		f.FailRefresh(always, http.StatusServiceUnavailable, nil, "")
		f.ExpireAccess()
		var waits []time.Duration
		begin := time.Now()
		for time.Since(begin) < 2*time.Minute {
			before := f.Stats().Refreshes
			err := f.mustFail(t, "/me", auth.ErrRefreshFailed)
			re, ok := errors.AsType[*auth.RefreshError](err)
			if !ok {
				t.Fatalf("got %v", err)
			}
			if f.Stats().Refreshes > before {
				waits = append(waits, re.RetryAfter)
			}
			sleep(max(re.RetryAfter, time.Millisecond))
		}
		want := []int64{0, 250, 500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000}
		for i, w := range waits {
			if i < len(want) && w.Milliseconds() != want[i] {
				t.Errorf("failure %d: wait %v, want %d ms", i+1, w, want[i])
			}
		}
		if len(waits) < 10 || len(waits) > len(want) {
			t.Errorf("%d refreshes in two minutes of trouble: %v", len(waits), waits)
		}
		finish(f)
	})
}
