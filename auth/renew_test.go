package auth_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/storage"
)

// TestRenew: ten late refusals of one token are one refresh.
func TestRenew(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	old, err := f.session.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	release := f.HoldRefresh()
	got := make(chan auth.Token, 10)
	for range 10 {
		go func() {
			n, err := f.session.Renew(t.Context(), old)
			if err != nil {
				t.Error(err)
			}
			got <- n
		}()
	}
	f.await(t, refreshing(1))
	release()
	for range 10 {
		if n := <-got; n.AccessToken == old.AccessToken || n.AccessToken == "" {
			t.Errorf("got %v", n)
		}
	}
	if n, err := f.session.Renew(t.Context(), old); err != nil || n.AccessToken == old.AccessToken {
		t.Errorf("later: %v, %v", n, err)
	}
	f.AssertRefreshes(t, 1)
	f.RevokeAll()
	current, err := f.session.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.session.Renew(t.Context(), current); !errors.Is(err, auth.ErrLoginRequired) {
		t.Errorf("dead: %v", err)
	}
	if _, err := f.session.Renew(t.Context(), current); !errors.Is(err, auth.ErrLoginRequired) {
		t.Errorf("signed out: %v", err)
	}
	none := start(t, authtest.Config{}, func(c *auth.Config) { c.Refresher = nil })
	if old, err = none.session.Token(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := none.session.Renew(t.Context(), old); !errors.Is(err, auth.ErrRefreshFailed) {
		t.Errorf("no Refresher: %v", err)
	}
}

// TestRetryAfter_forAllProcesses: what the token endpoint asked for one process counts for all, and
// ends in time.
func TestRetryAfter_forAllProcesses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := storage.NewMemory()
		f := start(t, authtest.Config{InMemory: true}, with(store))
		f.ExpireAccess()
		f.FailRefresh(1, http.StatusTooManyRequests, http.Header{"Retry-After": {"40"}}, "")
		f.mustFail(t, "/me", auth.ErrRefreshFailed)
		f.AssertRefreshes(t, 1)
		sleep(10 * time.Second)
		other := join(t, f.Server, with(store))
		err := other.mustFail(t, "/me", auth.ErrRefreshFailed)
		if re, ok := errors.AsType[*auth.RefreshError](err); !ok || re.RetryAfter != 30*time.Second {
			t.Errorf("got %v", err)
		}
		f.AssertRefreshes(t, 1)
		sleep(31 * time.Second)
		other.mustGet(t, "/me", http.StatusOK)
		f.mustGet(t, "/me", http.StatusOK)
		f.AssertRefreshes(t, 2)
		if data := stored(t, store); strings.Contains(data, "retry") {
			t.Errorf("stored %s", data)
		}
		// A clock that is behind that of the process which wrote the record makes nobody wait
		// longer.
		f.ExpireAccess()
		far := strings.Replace(stored(t, store), "{", `{"retry_after":5,"retry_at":"2036-01-01T00:00:00Z",`, 1)
		put(t, store, "default", far)
		third := join(t, f.Server, with(store))
		err = third.mustFail(t, "/me", auth.ErrRefreshFailed)
		if re, ok := errors.AsType[*auth.RefreshError](err); !ok || re.RetryAfter != 5*time.Second {
			t.Errorf("got %v", err)
		}
		finish(f, other, third)
	})
}

// TestRefresher_waitsForItself: a Refresher that calls the client of its own session, without
// passing on its context, gets an error in time, and so does everybody else; the store's lock is
// free.
func TestRefresher_waitsForItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := storage.NewMemory()
		var f *fixture
		f = start(t, authtest.Config{InMemory: true}, with(store), func(c *auth.Config) {
			c.RefreshTimeout = 5 * time.Second
			c.Refresher = auth.RefreshFunc(func(context.Context, auth.Token) (auth.Token, error) {
				_, _, err := f.get(t.Context(), "/me")
				return auth.Token{}, err
			})
		})
		other := join(t, f.Server, with(store))
		f.ExpireAccess()
		begin := time.Now()
		got := f.goGet(t.Context(), "/me")
		synctest.Wait()
		other.mustGet(t, "/me", http.StatusOK)
		(<-got).fails(t, auth.ErrRefreshFailed)
		if took := time.Since(begin); took > 7*time.Second {
			t.Errorf("took %v", took)
		}
		f.mustGet(t, "/me", http.StatusOK) // the other one's token
		f.AssertRefreshes(t, 1)
		if err := f.session.Logout(t.Context()); err != nil {
			t.Error(err)
		}
		finish(f, other)
	})
}

// stuck is a store whose Update ignores its context.
type stuck struct {
	*storage.Memory

	free chan struct{}
}

func (s *stuck) Update(ctx context.Context, key string, fn func(context.Context, []byte) ([]byte, error)) error {
	if s.free != nil {
		<-s.free
	}
	return s.Memory.Update(ctx, key, fn)
}

// TestAwait_storeIsStuck: no caller waits for ever, even for a store that ignores its context.
func TestAwait_storeIsStuck(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &stuck{Memory: storage.NewMemory()}
		f := start(t, authtest.Config{InMemory: true}, with(store), func(c *auth.Config) { c.RefreshTimeout = 5 * time.Second })
		f.ExpireAccess()
		store.free = make(chan struct{})
		begin := time.Now()
		f.mustFail(t, "/me", auth.ErrRefreshFailed)
		if took := time.Since(begin); took != 11*time.Second {
			t.Errorf("took %v", took)
		}
		f.mustFail(t, "/me", auth.ErrRefreshFailed)
		if took := time.Since(begin); took != 11*time.Second {
			t.Errorf("a later caller waited for what has been given up, %v in all", took)
		}
		close(store.free)
		synctest.Wait()
		f.mustGet(t, "/me", http.StatusOK)
		f.AssertRefreshes(t, 1)
		finish(f)
	})
}

// TestRefresher_late: a token that a Refresher brings after it was given up is saved, unless the
// session has been refreshed or has ended.
func TestRefresher_late(t *testing.T) {
	t.Parallel()
	for name, meanwhile := range map[string]func(*testing.T, *fixture){
		"nothing": func(*testing.T, *fixture) {}, "logout": func(t *testing.T, f *fixture) { t.Helper(); _ = f.session.Logout(t.Context()) },
		"refreshed": func(t *testing.T, f *fixture) { t.Helper(); f.mustGet(t, "/me", http.StatusOK) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store := storage.NewMemory()
				release := make(chan struct{})
				var calls, revoked atomic.Int32
				var f *fixture
				f = start(t, authtest.Config{InMemory: true}, with(store), func(c *auth.Config) {
					c.RefreshTimeout = 5 * time.Second
					c.Revoke = func(context.Context, auth.Token) error { revoked.Add(1); return nil }
					own := c.Refresher
					c.Refresher = auth.RefreshFunc(func(ctx context.Context, old auth.Token) (auth.Token, error) {
						if calls.Add(1) > 1 {
							return own.Refresh(ctx, old)
						}
						<-release
						return token(f.Issue("alice")), nil
					})
				})
				f.ExpireAccess()
				f.mustFail(t, "/me", auth.ErrRefreshFailed, context.DeadlineExceeded)
				sleep(time.Second)
				meanwhile(t, f)
				before, revokedBefore := "", revoked.Load()
				if name == "refreshed" {
					before = stored(t, store)
				}
				close(release)
				synctest.Wait()
				sleep(time.Minute)
				switch name {
				case "nothing":
					f.mustGet(t, "/me", http.StatusOK)
					f.AssertRefreshes(t, 0)
					tok, err := f.session.Token(t.Context())
					if err != nil || !strings.Contains(stored(t, store), tok.AccessToken) {
						t.Errorf("the late token is not stored: %v", err)
					}
				case "logout":
					f.mustFail(t, "/me", auth.ErrLoginRequired)
					if revoked.Load() != revokedBefore+1 {
						t.Error("the late token was not revoked")
					}
				default:
					if stored(t, store) != before || revoked.Load() != 0 {
						t.Error("the late token counted")
					}
				}
				finish(f)
			})
		})
	}
}

// TestLogin_expiry: an absurd expiry is not believed, and that of the token itself is.
func TestLogin_expiry(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{AccessTTL: time.Hour})
	for name, expiry := range map[string]time.Time{
		"none": {}, "milliseconds": time.Now().Add(3600_000 * time.Second), "far": time.Now().AddDate(100, 0, 0),
	} {
		tok := token(f.Issue("alice"))
		tok.Expiry = expiry
		if err := f.session.Login(t.Context(), tok); err != nil {
			t.Fatal(err)
		}
		st, err := f.session.Status(t.Context())
		if left := time.Until(st.Expiry); err != nil || left > time.Hour || left < time.Hour-time.Minute {
			t.Errorf("%s: expires in %v, %v", name, left, err)
		}
	}
}

// TestUseAccessToken_window: a token that renews itself is renewed while it serves, by short
// programs as well.
func TestUseAccessToken_window(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := storage.NewMemory()
		var calls atomic.Int32
		fails := new(atomic.Bool)
		dial := roundTripper(func(r *http.Request) (*http.Response, error) {
			calls.Add(1)
			if fails.Load() {
				return nil, &net.OpError{Op: "dial", Err: io.ErrUnexpectedEOF}
			}
			return &http.Response{
				StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
				Body: io.NopCloser(strings.NewReader(`{"access_token":"new","expires_in":3600}`)),
			}, nil
		})
		s := authtest.NewServer(authtest.Config{InMemory: true})
		program := func() *fixture {
			return join(t, s, with(store), func(c *auth.Config) {
				c.Refresher = auth.JSONRefresher{URL: "/auth/refresh", UseAccessToken: true, Transport: dial}
			})
		}
		f := program()
		if err := f.session.Login(t.Context(), auth.Token{AccessToken: "old", Expiry: time.Now().Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		sleep(25 * time.Minute)
		if tok, err := program().session.Token(t.Context()); err != nil || tok.AccessToken != "old" || calls.Load() != 0 {
			t.Errorf("before half of its life: %v, %v", tok, err)
		}
		sleep(25 * time.Minute)
		fails.Store(true)
		if tok, err := program().session.Token(t.Context()); err != nil || tok.AccessToken != "old" || calls.Load() != 1 {
			t.Errorf("while the server is away: %v, %v", tok, err)
		}
		fails.Store(false)
		if tok, err := program().session.Token(t.Context()); err != nil || tok.AccessToken != "new" {
			t.Errorf("after half of its life: %v, %v", tok, err)
		}
		finish(f)
		s.Close()
	})
}

// roundTripper makes a transport of a function.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
