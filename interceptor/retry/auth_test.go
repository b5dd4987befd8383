package retry_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/interceptor/retry"
)

// bench is a client with retry and auth in one order, and the server they talk to.
type bench struct {
	*testing.T

	server  *authtest.Server
	session *auth.Interceptor
	client  *http.Client
}

// eachOrder runs the test with retry before auth and behind it, inside a bubble.
func eachOrder(t *testing.T, config authtest.Config, f func(b *bench)) {
	t.Helper()
	for _, order := range []string{"retry, auth", "auth, retry"} {
		t.Run(order, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				config.InMemory = true
				b := &bench{T: t, server: authtest.NewServer(config)}
				defer b.server.Close()
				var err error
				b.session, err = auth.New(auth.Config{
					BaseURL: b.server.URL, ExpiryWindow: -1,
					Refresher: auth.JSONRefresher{URL: "/auth/refresh", Transport: b.server.Transport()},
				})
				if err != nil {
					t.Fatal(err)
				}
				defer b.session.Close(context.WithoutCancel(t.Context()))
				pair := b.server.Issue("alice")
				tok := auth.Token{AccessToken: pair.AccessToken, RefreshToken: pair.RefreshToken, Expiry: pair.Expiry}
				if err := b.session.Login(t.Context(), tok); err != nil {
					t.Fatal(err)
				}
				list := []interceptor.Interceptor{newRetry(t, retry.Config{}), b.session}
				if order == "auth, retry" {
					list[0], list[1] = list[1], list[0]
				}
				b.client = &http.Client{Transport: chain.New(list...).Transport(b.server.Transport())}
				f(b)
			})
		})
	}
}

func (b *bench) get(path string) (int, error) {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, path, http.NoBody)
	if err != nil {
		b.Fatal(err)
	}
	resp, err := b.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		b.Error(err)
	}
	return resp.StatusCode, nil
}

// want checks the status, and how often API and token endpoint were asked.
func (b *bench) want(status int, err error, want, api, refreshes int) {
	b.Helper()
	s := b.server.Stats()
	if err != nil || status != want || s.APICalls != api || s.Refreshes != refreshes {
		b.Errorf("got %d, %v, %d calls, %d refreshes; want %d, %d, %d\n%v",
			status, err, s.APICalls, s.Refreshes, want, api, refreshes, b.server.Timeline())
	}
}

func TestAuth_503Then401Then200(t *testing.T) {
	t.Parallel()
	eachOrder(t, authtest.Config{}, func(b *bench) {
		b.server.ExpireAccess()
		b.server.FailAPI(1, http.StatusServiceUnavailable, nil, "")
		status, err := b.get("/me")
		b.want(status, err, 200, 3, 1)
	})
}

func TestAuth_401Then503Then200(t *testing.T) {
	t.Parallel()
	eachOrder(t, authtest.Config{}, func(b *bench) {
		b.server.FailAPI(1, http.StatusUnauthorized, nil, "")
		b.server.FailAPI(1, http.StatusServiceUnavailable, nil, "")
		status, err := b.get("/me")
		b.want(status, err, 200, 3, 1)
	})
}

// TestAuth_each503Between asserts that auth has its one retry, retry its three, and that they do
// not count each other's.
func TestAuth_each503Between(t *testing.T) {
	t.Parallel()
	eachOrder(t, authtest.Config{}, func(b *bench) {
		for _, status := range []int{503, 401, 502, 429} {
			b.server.FailAPI(1, status, http.Header{"Retry-After": {"2"}}, "")
		}
		began := time.Now()
		status, err := b.get("/me")
		b.want(status, err, 200, 5, 1)
		if took := time.Since(began); took < 6*time.Second || took > 7*time.Second {
			b.Errorf("took %v, want three times two seconds", took)
		}
	})
}

func TestAuth_503ForGood(t *testing.T) {
	t.Parallel()
	eachOrder(t, authtest.Config{}, func(b *bench) {
		b.server.FailAPI(-1, http.StatusServiceUnavailable, nil, "")
		status, err := b.get("/me")
		b.want(status, err, 503, 4, 0)
	})
}

// TestAuth_errorsAreNotRetried asserts that errors of the session are not retried, nor those of its
// network.
func TestAuth_errorsAreNotRetried(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		breakIt   func(b *bench)
		want      error
		api       int
		refreshes int
	}{
		{
			name:    "401, the refresh token is dead",
			breakIt: func(b *bench) { b.server.RevokeAll() },
			want:    auth.ErrLoginRequired, api: 1, refreshes: 1,
		},
		{
			name:    "401, the refresh fails",
			breakIt: func(b *bench) { b.server.ExpireAccess(); b.server.FailRefresh(-1, 503, nil, "") },
			want:    auth.ErrRefreshFailed, api: 1, refreshes: 1,
		},
		{
			name:    "401, the connection breaks while refreshing",
			breakIt: func(b *bench) { b.server.ExpireAccess(); b.server.DropAfterRotate(1) },
			want:    auth.ErrRefreshFailed, api: 1, refreshes: 1,
		},
		{
			name:    "expired, the refresh token is dead",
			breakIt: func(b *bench) { b.server.RevokeAll(); <-time.After(2 * time.Hour) },
			want:    auth.ErrLoginRequired, api: 0, refreshes: 1,
		},
		{
			name:    "expired, the connection breaks while refreshing",
			breakIt: func(b *bench) { b.server.DropAfterRotate(1); <-time.After(2 * time.Hour) },
			want:    auth.ErrRefreshFailed, api: 0, refreshes: 1,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			eachOrder(t, authtest.Config{AccessTTL: time.Hour}, func(b *bench) {
				c.breakIt(b)
				began := time.Now()
				_, err := b.get("/me")
				s := b.server.Stats()
				if !errors.Is(err, c.want) || s.APICalls != c.api || s.Refreshes != c.refreshes {
					b.Errorf("got %v, %d calls, %d refreshes; want %v, %d, %d\n%v",
						err, s.APICalls, s.Refreshes, c.want, c.api, c.refreshes, b.server.Timeline())
				}
				if took := time.Since(began); took != 0 {
					b.Errorf("took %v", took)
				}
				if c.name == "401, the connection breaks while refreshing" && interceptor.KindOf(err) != interceptor.KindConnection {
					b.Errorf("kind %v: this test shows nothing", interceptor.KindOf(err))
				}
			})
		})
	}
}
