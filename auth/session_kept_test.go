package auth_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/storage"
)

// byOAuth refreshes by the OAuth 2.0 grant.
func byOAuth(c *auth.Config) {
	own, _ := c.Refresher.(auth.JSONRefresher)
	c.Refresher = auth.OAuth2Refresher{
		Config:    &oauth2.Config{ClientID: "cli", Endpoint: oauth2.Endpoint{TokenURL: "/oauth/token"}},
		Transport: own.Transport,
	}
}

// trouble is every answer of a token endpoint that does not end a session.
func trouble() map[string]func(*fixture) {
	html := http.Header{"Content-Type": {"text/html"}}
	return map[string]func(*fixture){
		"500":               func(f *fixture) { f.FailRefresh(1, 500, nil, "") },
		"502":               func(f *fixture) { f.FailRefresh(1, 502, html, "<html>bad gateway</html>") },
		"503":               func(f *fixture) { f.FailRefresh(1, 503, nil, `{"error":"temporarily_unavailable"}`) },
		"408":               func(f *fixture) { f.FailRefresh(1, 408, nil, "") },
		"404":               func(f *fixture) { f.FailRefresh(1, 404, nil, `{"error":"not found"}`) },
		"429":               func(f *fixture) { f.FailRefresh(1, 429, nil, `{"error":"slow_down"}`) },
		"403 of a proxy":    func(f *fixture) { f.FailRefresh(1, 403, html, "<html>blocked</html>") },
		"a captive portal":  func(f *fixture) { f.FailRefresh(1, 200, html, "<html>welcome</html>") },
		"200 without token": func(f *fixture) { f.FailRefresh(1, 200, nil, `{"ok":true}`) },
		"200 cut short":     func(f *fixture) { f.FailRefresh(1, 200, nil, `{"access_token":"x`) },
		"204":               func(f *fixture) { f.FailRefresh(1, 204, nil, "") },
		"invalid_client":    func(f *fixture) { f.FailRefresh(1, 401, nil, `{"error":"invalid_client"}`) },
		"invalid_scope":     func(f *fixture) { f.FailRefresh(1, 400, nil, `{"error":"invalid_scope"}`) },
		"a redirect":        func(f *fixture) { f.FailRefresh(1, 307, http.Header{"Location": {f.Foreign().URL}}, "") },
	}
}

// TestRule06_TroubleKeepsTheSession: no answer but a refused refresh token logs anybody out, in
// either dialect.
func TestRule06_TroubleKeepsTheSession(t *testing.T) {
	t.Parallel()
	for dialect, change := range map[string]func(*auth.Config){"JSON": func(*auth.Config) {}, "OAuth2": byOAuth} {
		for name, fail := range trouble() {
			t.Run(dialect+" "+name, func(t *testing.T) {
				t.Parallel()
				store := storage.NewMemory()
				f := start(t, authtest.Config{}, change, with(store))
				before := stored(t, store)
				f.ExpireAccess()
				fail(f)
				err := f.mustFail(t, "/me", auth.ErrRefreshFailed)
				carries401(t, err)
				if errors.Is(err, auth.ErrLoginRequired) {
					t.Errorf("got %v", err)
				}
				f.events.want(t, "signed in, refresh failed")
				if stored(t, store) != before {
					t.Error("the store was changed")
				}
				f.mustGet(t, "/me", http.StatusOK)
				f.AssertRefreshes(t, 2)
				f.AssertNoLeak(t)
			})
		}
	}
}

// carries401 fails the test unless the error holds the answer that began it, readable.
func carries401(t *testing.T, err error) {
	t.Helper()
	e, ok := errors.AsType[*interceptor.Error](err)
	if !ok || e.Response == nil || e.Response.StatusCode != http.StatusUnauthorized {
		t.Errorf("%v does not carry the 401", err)
		return
	}
	want := "Invalid JWT"
	if e.Request.Header.Get("Authorization") == "" { // nobody was signed in
		want = "Missing access token"
	}
	if data, err := io.ReadAll(e.Response.Body); err != nil || !strings.Contains(string(data), want) {
		t.Errorf("the body of the 401 is %q, %v", data, err)
	}
}

// TestRule06_Network: neither do a server that is not there, one that hangs up, or one that cuts
// its answer short.
func TestRule06_Network(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	handlers := map[string]http.HandlerFunc{
		"reset": func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			if tcp, ok := conn.(*net.TCPConn); ok {
				_ = tcp.SetLinger(0)
			}
			_ = conn.Close()
		},
		"cut short": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, `{"accessToken":"x`)
		},
	}
	urls := map[string]string{"refused": gone.URL}
	for name, h := range handlers {
		server := httptest.NewServer(h)
		t.Cleanup(server.Close)
		urls[name] = server.URL
	}
	for name, url := range urls {
		for _, oauth := range []bool{false, true} {
			f := start(t, authtest.Config{}, func(c *auth.Config) {
				c.Refresher = auth.JSONRefresher{URL: url, Transport: transport(t)}
				if oauth {
					c.Refresher = auth.OAuth2Refresher{
						Config: &oauth2.Config{Endpoint: oauth2.Endpoint{TokenURL: url}}, Transport: transport(t),
					}
				}
			})
			f.ExpireAccess()
			err := f.mustFail(t, "/me", auth.ErrRefreshFailed)
			if name != "cut short" {
				if _, ok := errors.AsType[net.Error](err); !ok {
					t.Errorf("%s: %v hides its cause", name, err)
				}
			}
			if st, err := f.session.Status(t.Context()); err != nil || !st.SignedIn {
				t.Errorf("%s: %+v, %v", name, st, err)
			}
		}
	}
}

// TestRule06_AnswerLost: a refresh that took effect but whose answer never came fails for now, and
// where the server forgives it the next one succeeds.
func TestRule06_AnswerLost(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{ReuseGrace: time.Hour})
	f.ExpireAccess()
	f.DropAfterRotate(1)
	f.mustFail(t, "/me", auth.ErrRefreshFailed)
	f.mustGet(t, "/me", http.StatusOK)
	f.AssertSessions(t, 1)
}

// TestRule06_RetryAfter: what the server asks for is kept, and until then it is left alone.
func TestRule06_RetryAfter(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]func() string{
		"seconds": func() string { return "120" },
		"date":    func() string { return time.Now().Add(2 * time.Minute).UTC().Format(http.TimeFormat) },
	} {
		for _, change := range []func(*auth.Config){func(*auth.Config) {}, byOAuth} {
			synctest.Test(t, func(t *testing.T) {
				f := start(t, authtest.Config{InMemory: true}, change)
				f.ExpireAccess()
				f.FailRefresh(1, http.StatusTooManyRequests, http.Header{"Retry-After": {value()}}, "")
				for _, want := range []time.Duration{2 * time.Minute, time.Minute, time.Second} {
					err := f.mustFail(t, "/me", auth.ErrRefreshFailed)
					re, ok := errors.AsType[*auth.RefreshError](err)
					if !ok || re.Status != http.StatusTooManyRequests || re.RetryAfter != want {
						t.Errorf("%s: got %+v, want %v", name, re, want)
					}
					sleep(want - want/2)
					if want == 2*time.Minute {
						continue
					}
					sleep(want/2 - time.Second)
				}
				f.AssertRefreshes(t, 1)
				sleep(time.Second)
				f.mustGet(t, "/me", http.StatusOK)
				finish(f)
			})
		}
	}
}

// TestRule06_InvalidGrant is the end of the session.
func TestRule06_InvalidGrant(t *testing.T) {
	t.Parallel()
	for _, change := range []func(*auth.Config){func(*auth.Config) {}, byOAuth} {
		store := storage.NewMemory()
		f := start(t, authtest.Config{}, change, with(store))
		f.RevokeAll()
		carries401(t, f.mustFail(t, "/me", auth.ErrLoginRequired, auth.ErrInvalidGrant))
		f.events.want(t, "signed in, signed out")
		if r := f.events.last().Reason; r != auth.ReasonInvalidGrant {
			t.Errorf("reason: %v", r)
		}
		if stored(t, store) != "" {
			t.Error("the session is still stored")
		}
		f.mustFail(t, "/me", auth.ErrLoginRequired) // nobody is signed in any more: the answer is the server's
		f.AssertRefreshes(t, 1)
	}
}

// TestRule06_DeadButStored: where the store does not delete the dead session, it does not come
// back.
func TestRule06_DeadButStored(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newFaulty()
		f := start(t, authtest.Config{InMemory: true}, with(store))
		f.RevokeAll()
		store.fail(0, 0, 3)
		f.mustFail(t, "/me", auth.ErrLoginRequired)
		f.events.want(t, "signed in, signed out, persist failed")
		f.mustFail(t, "/me", auth.ErrLoginRequired)
		if st, err := f.session.Status(t.Context()); err != nil || st.SignedIn || !st.Unsaved {
			t.Errorf("got %+v, %v", st, err)
		}
		sleep(time.Minute)
		if stored(t, store) != "" {
			t.Error("still stored")
		}
		finish(f)
	})
}

// TestRule06_OwnError: what a Refresher of one's own returns is found in the error; a RefreshError
// in it tells status and wait.
func TestRule06_OwnError(t *testing.T) {
	t.Parallel()
	cause := errors.New("cause")
	for i, err := range []error{
		cause,
		errors.Join(cause, &auth.RefreshError{Status: 503, RetryAfter: time.Minute}),
		&auth.RefreshError{Status: 503, RetryAfter: time.Minute, Err: cause},
	} {
		f := start(t, authtest.Config{}, func(c *auth.Config) {
			c.Refresher = auth.RefreshFunc(func(context.Context, auth.Token) (auth.Token, error) { return auth.Token{}, err })
		})
		f.ExpireAccess()
		got := f.mustFail(t, "/me", auth.ErrRefreshFailed, cause)
		re, ok := errors.AsType[*auth.RefreshError](got)
		if want := i > 0; !ok || (re.Status == 503) != want || (re.RetryAfter == time.Minute) != want {
			t.Errorf("got %+v", re)
		}
		if n := strings.Count(got.Error(), " 503"); n > 1 {
			t.Errorf("%v repeats itself", got)
		}
	}
}

// TestRule06_StoreWraps: the Refresher's failure is not taken for one of the store that passes it
// on.
func TestRule06_StoreWraps(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{}, with(quoting{newFaulty()}))
	f.ExpireAccess()
	f.FailRefresh(1, http.StatusServiceUnavailable, nil, "")
	if err := f.mustFail(t, "/me", auth.ErrRefreshFailed); strings.Contains(err.Error(), "cannot write") {
		t.Errorf("got %v", err)
	}
}

// TestRule06_InsufficientScope is nothing that a refresh could change.
func TestRule06_InsufficientScope(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusUnauthorized, http.StatusForbidden} {
		for _, change := range []func(*auth.Config){
			func(*auth.Config) {},
			func(c *auth.Config) { c.ShouldRefresh = auth.StatusIn(401, 403) },
		} {
			f := start(t, authtest.Config{RejectScope: status}, change)
			f.mustGet(t, "/me", status)
			f.AssertRefreshes(t, 0)
		}
	}
}
