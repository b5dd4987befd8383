package auth_test

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-resty/resty/v2"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

// clients are the ways to send a GET: what the caller sees has to be the same.
func clients(t *testing.T, f *fixture) map[string]func() (status int, body string, err error) {
	t.Helper()
	rest := resty.New().SetLogger(silent{}).SetTransport(f.Transport())
	if err := chain.New(f.session).Install(rest); err != nil {
		t.Fatal(err)
	}
	return map[string]func() (int, string, error){
		"net/http": func() (int, string, error) { return f.get(t.Context(), "/me") },
		"resty": func() (int, string, error) {
			resp, err := rest.R().SetContext(t.Context()).Get("/me")
			if err != nil {
				return 0, "", err
			}
			return resp.StatusCode(), resp.String(), nil
		},
		"resty, streaming": func() (int, string, error) {
			resp, err := rest.R().SetContext(t.Context()).SetDoNotParseResponse(true).Get("/me")
			if err != nil {
				return 0, "", err
			}
			data, err := io.ReadAll(resp.RawBody())
			_ = resp.RawBody().Close()
			return resp.StatusCode(), string(data), err
		},
	}
}

// silent is a logger for resty, which reports every error.
type silent struct{}

func (silent) Errorf(string, ...any) {}
func (silent) Warnf(string, ...any)  {}
func (silent) Debugf(string, ...any) {}

// TestRule13_Outcomes as callers of net/http and resty see them.
func TestRule13_Outcomes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		happens func(*fixture)
		status  int     // of the response; 0: an error
		is      []error // what the error is
		isNot   error
		through bool // the error carries the 401
	}{
		"refreshed":         {happens: func(f *fixture) { f.ExpireAccess() }, status: 200},
		"the session dies":  {happens: func(f *fixture) { f.RevokeAll() }, is: []error{auth.ErrLoginRequired, auth.ErrInvalidGrant}, isNot: auth.ErrRefreshFailed, through: true},
		"trouble for now":   {happens: func(f *fixture) { f.ExpireAccess(); f.FailRefresh(always, 503, nil, "") }, is: []error{auth.ErrRefreshFailed}, isNot: auth.ErrLoginRequired, through: true},
		"never signed in":   {happens: func(f *fixture) { _ = f.session.Logout(t.Context()) }, is: []error{auth.ErrLoginRequired}, isNot: auth.ErrRefreshFailed, through: true},
		"no use refreshing": {happens: func(f *fixture) { f.FailAPI(always, 401, nil, `{"message":"Invalid JWT"}`) }, status: 401},
		"another status":    {happens: func(f *fixture) { f.FailAPI(always, 418, nil, "") }, status: 418},
	} {
		for _, client := range []string{"net/http", "resty", "resty, streaming"} {
			t.Run(name+", "+client, func(t *testing.T) {
				t.Parallel()
				f := start(t, authtest.Config{})
				get := clients(t, f)[client]
				test.happens(f)
				status, body, err := get()
				if test.status != 0 {
					if err != nil || status != test.status || status == 401 && !strings.Contains(body, `"message"`) {
						t.Errorf("got %d %q, %v", status, body, err)
					}
					return
				}
				for _, want := range test.is {
					if !errors.Is(err, want) {
						t.Errorf("%v is not %v", err, want)
					}
				}
				if errors.Is(err, test.isNot) {
					t.Errorf("%v is %v", err, test.isNot)
				}
				if _, ok := errors.AsType[*url.Error](err); !ok {
					t.Errorf("%v has not come through net/http", err)
				}
				carries401(t, err)
			})
		}
	}
}

// TestRule13_RetryAfter is in the error, from the server or by backoff.
func TestRule13_RetryAfter(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	f.ExpireAccess()
	f.FailRefresh(1, http.StatusServiceUnavailable, http.Header{"Retry-After": {"7"}}, "")
	err := f.mustFail(t, "/me", auth.ErrRefreshFailed)
	re, ok := errors.AsType[*auth.RefreshError](err)
	if !ok || re.RetryAfter != 7*time.Second || re.Status != http.StatusServiceUnavailable {
		t.Errorf("got %+v", re)
	}
	for _, want := range []string{"the session is kept", "503", "7s"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
}

// TestRule13_NothingSent: where the token had expired before and cannot be renewed, nothing is
// sent; the error has no response.
func TestRule13_NothingSent(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	tok := token(f.Issue("alice"))
	tok.Expiry = time.Now().Add(-time.Hour)
	if err := f.session.Login(t.Context(), tok); err != nil {
		t.Fatal(err)
	}
	f.FailRefresh(1, http.StatusServiceUnavailable, nil, "")
	err := f.mustFail(t, "/me", auth.ErrRefreshFailed)
	if e, ok := errors.AsType[*interceptor.Error](err); !ok || e.Response != nil || e.Request == nil {
		t.Errorf("got %+v", e)
	}
	if n := f.Stats().APICalls; n != 0 {
		t.Errorf("sent %d times", n)
	}
	f.mustGet(t, "/me", http.StatusOK)
}

// TestRule13_NeverSignedIn: the request goes out as it is, and the answer is the server's; until
// another process logs in.
func TestRule13_NeverSignedIn(t *testing.T) {
	t.Parallel()
	store := newFaulty()
	s := authtest.NewServer(authtest.Config{})
	t.Cleanup(s.Close)
	f := join(t, s, with(store))
	f.mustFail(t, "/me", auth.ErrLoginRequired)
	f.mustGet(t, "/public/echo", http.StatusOK)
	if _, err := f.session.Token(t.Context()); !errors.Is(err, auth.ErrLoginRequired) || !strings.Contains(err.Error(), "not signed in") {
		t.Errorf("Token: got %v", err)
	}
	f.AssertRefreshes(t, 0)
	store.fail(1, 0, 0)
	f.mustFail(t, "/me", auth.ErrLoginRequired) // whether another process has logged in cannot be told
	lent := join(t, s, with(store))             // a client that only takes tokens
	if _, err := lent.session.Token(t.Context()); !errors.Is(err, auth.ErrLoginRequired) {
		t.Errorf("Token: got %v", err)
	}
	other := join(t, s, with(store))
	other.login(t)
	if _, err := lent.session.Token(t.Context()); err != nil {
		t.Errorf("Token: got %v", err)
	}
	if st, err := f.session.Status(t.Context()); err != nil || !st.SignedIn {
		t.Errorf("got %+v, %v", st, err)
	}
	f.mustGet(t, "/me", http.StatusOK)
}

// TestRule13_GoodStatus: a server that answers an expired token with a good status (PocketBase: 200
// and an empty list) gets the same treatment, by the predicate.
func TestRule13_GoodStatus(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{ExpiredStatus: http.StatusOK, ExpiredBody: "[]"}, func(c *auth.Config) {
		c.ShouldRefresh = auth.StatusWithMessage(http.StatusOK, "[]")
	})
	seen := 0
	spy := interceptor.Funcs{Error: func(e *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
		seen++
		return h.Next(e)
	}}
	f.client = &http.Client{Transport: chain.New(spy, f.session).Transport(f.Transport())}
	f.ExpireAccess()
	if body := f.mustGet(t, "/me", http.StatusOK); !strings.Contains(body, "alice") {
		t.Errorf("got %s", body)
	}
	f.AssertRefreshes(t, 1)
	f.FailRefresh(1, http.StatusServiceUnavailable, nil, "")
	f.ExpireAccess()
	err := f.mustFail(t, "/me", auth.ErrRefreshFailed)
	if e, ok := errors.AsType[*interceptor.Error](err); !ok || e.Response == nil || e.Response.StatusCode != http.StatusOK {
		t.Errorf("%v does not carry the answer", err)
	}
	if seen != 1 {
		t.Errorf("the other interceptors saw %d errors", seen)
	}
	f.FailAPI(always, http.StatusOK, nil, "[]") // whatever token it is given
	if body := f.mustGet(t, "/me", http.StatusOK); body != "[]" {
		t.Errorf("got %s", body)
	}
}

// TestNoRefresher: the 401 comes back as it is.
func TestNoRefresher(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{}, func(c *auth.Config) { c.Refresher = nil })
	f.mustGet(t, "/me", http.StatusOK)
	f.ExpireAccess()
	f.mustGet(t, "/me", http.StatusUnauthorized)
	if _, err := f.session.Refresh(t.Context()); !errors.Is(err, auth.ErrRefreshFailed) {
		t.Errorf("got %v", err)
	}
	if st, err := f.session.Status(t.Context()); err != nil || !st.SignedIn || st.Refreshable {
		t.Errorf("got %+v, %v", st, err)
	}
}
