package auth_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

// TestRule01_WhichTokenSigned: a late 401 of an older token is sent again with the current one, without a refresh (test G).
func TestRule01_WhichTokenSigned(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	release := f.HoldAPI(1)
	late := make(chan error, 1)
	go func() {
		status, _, err := f.get(t.Context(), "/me")
		if status != http.StatusOK {
			err = errors.Join(err, errors.New(http.StatusText(status)))
		}
		late <- err
	}()
	if err := f.Wait(t.Context(), func(s authtest.Stats) bool { return s.APICalls == 1 }); err != nil {
		t.Fatal(err)
	}
	f.ExpireAccess()
	f.mustGet(t, "/me", http.StatusOK) // refreshes
	release()
	if err := <-late; err != nil {
		t.Error(err)
	}
	f.AssertRefreshes(t, 1)
}

// TestRule02_OneRefresh: fifty goroutines that are refused together share one refresh.
func TestRule02_OneRefresh(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	f.ExpireAccess()
	fifty(t, func() error {
		status, _, err := f.get(t.Context(), "/me")
		if err == nil && status != http.StatusOK {
			err = errors.New(http.StatusText(status))
		}
		return err
	}, nil)
	f.AssertRefreshes(t, 1)
	f.AssertNoReuse(t)
}

// TestRule02_SharedFailure: N waiters and a refresh that fails are one call (test H).
func TestRule02_SharedFailure(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	f.ExpireAccess()
	f.FailRefresh(-1, http.StatusServiceUnavailable, nil, "")
	release := f.HoldAPI(50)
	go func() {
		if f.Wait(t.Context(), func(s authtest.Stats) bool { return s.APICalls == 50 }) == nil {
			release()
		}
	}()
	fifty(t, func() error {
		_, _, err := f.get(t.Context(), "/me")
		return err
	}, auth.ErrRefreshFailed)
	f.AssertRefreshes(t, 1)
}

// fifty runs do fifty times at once; every one has to end with want.
func fifty(t *testing.T, do func() error, want error) {
	t.Helper()
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			if err := do(); !errors.Is(err, want) {
				t.Errorf("got %v, want %v", err, want)
			}
		})
	}
	group.Wait()
}

// TestReplay_body: a POST arrives byte for byte after the refresh.
func TestReplay_body(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	f.ExpireAccess()
	sent := strings.Repeat("every byte counts ", 10_000)
	status, body, err := f.send(t.Context(), http.MethodPost, "/echo", strings.NewReader(sent))
	if err != nil || status != http.StatusOK {
		t.Fatalf("got %d, %v", status, err)
	}
	var answer struct {
		SHA256 string `json:"sha256"`
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(sent))
	if answer.SHA256 != hex.EncodeToString(sum[:]) {
		t.Error("the body was changed")
	}
	f.AssertRefreshes(t, 1)
}

// TestT_OneShotBody: a body that cannot be replayed gets its 401 back, readable; the token is new all the same.
func TestT_OneShotBody(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	f.ExpireAccess()
	status, body, err := f.send(t.Context(), http.MethodPost, "/echo", io.MultiReader(strings.NewReader("once")))
	if err != nil || status != http.StatusUnauthorized || !strings.Contains(body, "Invalid JWT") {
		t.Errorf("got %d %q, %v", status, body, err)
	}
	f.mustGet(t, "/me", http.StatusOK)
	f.AssertRefreshes(t, 1)
}

// TestRule04_Detached: the caller that began the refresh gives up; the refresh goes on and is saved (tests I, J).
func TestRule04_Detached(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	f.ExpireAccess()
	release := f.HoldRefresh()
	ctx, cancel := context.WithCancel(t.Context())
	leader := make(chan error, 1)
	go func() {
		_, _, err := f.get(ctx, "/me")
		leader <- err
	}()
	if err := f.Wait(t.Context(), func(s authtest.Stats) bool { return s.Refreshes == 1 }); err != nil {
		t.Fatal(err)
	}
	follower := make(chan error, 1)
	go func() {
		status, _, err := f.get(t.Context(), "/me")
		if status != http.StatusOK {
			err = errors.Join(err, errors.New(http.StatusText(status)))
		}
		follower <- err
	}()
	cancel()
	if err := <-leader; !errors.Is(err, context.Canceled) {
		t.Errorf("the leader got %v", err)
	}
	release()
	if err := <-follower; err != nil {
		t.Errorf("the follower got %v", err)
	}
	f.AssertRefreshes(t, 1)
}

// TestK_Panic: a panic in the refresher is an error to the waiters, and the next request works.
func TestK_Panic(t *testing.T) {
	t.Parallel()
	first := true
	f := start(t, authtest.Config{}, func(c *auth.Config) {
		inner := c.Refresher
		c.Refresher = auth.RefreshFunc(func(ctx context.Context, old auth.Token) (auth.Token, error) {
			if first {
				first = false
				panic("mine") //nolint:forbidigo // that is the test
			}
			r := inner.(auth.JSONRefresher)
			r.URL = c.BaseURL + r.URL
			return r.Refresh(ctx, old)
		})
	})
	f.ExpireAccess()
	f.mustFail(t, "/me", auth.ErrRefreshFailed)
	f.mustGet(t, "/me", http.StatusOK)
}

// TestRule06_KeepsTheSession: no answer but a refused refresh token logs anybody out (test O).
func TestRule06_KeepsTheSession(t *testing.T) {
	t.Parallel()
	html := http.Header{"Content-Type": {"text/html"}}
	for name, fail := range map[string]func(*fixture){
		"500":               func(f *fixture) { f.FailRefresh(1, 500, nil, "") },
		"503":               func(f *fixture) { f.FailRefresh(1, 503, nil, "") },
		"408":               func(f *fixture) { f.FailRefresh(1, 408, nil, "") },
		"429":               func(f *fixture) { f.FailRefresh(1, 429, nil, `{"error":"slow_down"}`) },
		"403 of a proxy":    func(f *fixture) { f.FailRefresh(1, 403, html, "<html>blocked</html>") },
		"a captive portal":  func(f *fixture) { f.FailRefresh(1, 200, html, "<html>welcome</html>") },
		"200 without token": func(f *fixture) { f.FailRefresh(1, 200, nil, `{"ok":true}`) },
		"invalid_client":    func(f *fixture) { f.FailRefresh(1, 401, nil, `{"error":"invalid_client"}`) },
		"a redirect":        func(f *fixture) { f.FailRefresh(1, 307, http.Header{"Location": {f.Foreign().URL}}, "") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, authtest.Config{})
			f.ExpireAccess()
			fail(f)
			err := f.mustFail(t, "/me", auth.ErrRefreshFailed)
			if e, ok := errors.AsType[*interceptor.Error](err); !ok || e.Response == nil || e.Response.StatusCode != http.StatusUnauthorized {
				t.Errorf("%v does not carry the 401", err)
			}
			if errors.Is(err, auth.ErrLoginRequired) {
				t.Errorf("got %v", err)
			}
			f.events.want(t, "signed in, refresh failed")
			f.mustGet(t, "/me", http.StatusOK)
			f.AssertNoLeak(t)
		})
	}
}

// TestRule06_RetryAfter is kept, and until then the server is left alone.
func TestRule06_RetryAfter(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	f.ExpireAccess()
	f.FailRefresh(1, http.StatusTooManyRequests, http.Header{"Retry-After": {"120"}}, "")
	f.mustFail(t, "/me", auth.ErrRefreshFailed)
	err := f.mustFail(t, "/me", auth.ErrRefreshFailed)
	re, ok := errors.AsType[*auth.RefreshError](err)
	if !ok || re.Status != http.StatusTooManyRequests || re.RetryAfter.Round(1e10).Seconds() != 120 {
		t.Errorf("got %+v", re)
	}
	f.AssertRefreshes(t, 1)
}

// TestRule06_InvalidGrant is the end of the session.
func TestRule06_InvalidGrant(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	f.RevokeAll()
	err := f.mustFail(t, "/me", auth.ErrLoginRequired, auth.ErrInvalidGrant)
	e, ok := errors.AsType[*interceptor.Error](err)
	if !ok || e.Response == nil || e.Response.StatusCode != http.StatusUnauthorized {
		t.Fatalf("%v does not carry the 401", err)
	}
	if data, err := io.ReadAll(e.Response.Body); err != nil || !strings.Contains(string(data), "Invalid JWT") {
		t.Errorf("the body of the 401 is %q, %v", data, err)
	}
	f.events.want(t, "signed in, signed out")
	f.mustGet(t, "/me", http.StatusUnauthorized) // nobody is signed in any more: the answer is the server's
	f.AssertRefreshes(t, 1)
}

// TestN_InsufficientScope is nothing that a refresh could change.
func TestN_InsufficientScope(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusUnauthorized, http.StatusForbidden} {
		f := start(t, authtest.Config{RejectScope: status})
		f.mustGet(t, "/me", status)
		f.AssertRefreshes(t, 0)
	}
}

// TestRule10_OnceForEachCall: a new token that is refused as well does not begin anew.
func TestRule10_OnceForEachCall(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	f.FailAPI(-1, http.StatusUnauthorized, nil, "no")
	f.mustGet(t, "/me", http.StatusUnauthorized)
	f.AssertRefreshes(t, 1)
}

// TestRule10_RefreshWindow stops what does not help, and lets go when it helps.
func TestRule10_RefreshWindow(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{}, func(c *auth.Config) { c.RefreshWindow.MaxAttempts = 2 })
	f.FailAPI(-1, http.StatusUnauthorized, nil, "no")
	f.mustGet(t, "/me", http.StatusUnauthorized)
	f.mustGet(t, "/me", http.StatusUnauthorized)
	f.mustFail(t, "/me", auth.ErrExcessiveRefresh, auth.ErrRefreshFailed)
	f.AssertRefreshes(t, 2)

	g := start(t, authtest.Config{}, func(c *auth.Config) { c.RefreshWindow.MaxAttempts = 2 })
	for range 10 { // each new token serves a request, so this is no storm
		g.ExpireAccess()
		g.mustGet(t, "/me", http.StatusOK)
	}
	g.AssertRefreshes(t, 10)
}

// TestRule13_NeverSignedIn: the request goes out as it is, and the answer is the server's.
func TestRule13_NeverSignedIn(t *testing.T) {
	t.Parallel()
	s := authtest.NewServer(authtest.Config{})
	t.Cleanup(s.Close)
	f := join(t, s)
	f.mustGet(t, "/me", http.StatusUnauthorized)
	f.mustGet(t, "/public/echo", http.StatusOK)
	if _, err := f.session.Token(t.Context()); !errors.Is(err, auth.ErrLoginRequired) {
		t.Errorf("Token: got %v", err)
	}
	f.AssertRefreshes(t, 0)
}
