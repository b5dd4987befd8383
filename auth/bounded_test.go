package auth_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-resty/resty/v2"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

// TestRule10_OnceForEachCall: a new token that is refused as well does not start another refresh.
func TestRule10_OnceForEachCall(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	f.FailAPI(always, http.StatusUnauthorized, nil, "no")
	if body := f.mustGet(t, "/me", http.StatusUnauthorized); body != "no" {
		t.Errorf("got %q", body)
	}
	f.AssertRefreshes(t, 1)
	if n := f.Stats().APICalls; n != 2 {
		t.Errorf("sent %d times", n)
	}
}

// another returns a path of its own for each n: what one path refuses is remembered.
func another(n int) string { return "/status/" + string(rune('a'+n)) }

// TestRule10_ExcessiveRefresh: refreshing stops where its tokens are refused again and again, and
// begins again when the window has passed.
func TestRule10_ExcessiveRefresh(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := start(t, authtest.Config{InMemory: true})
		f.FailAPI(always, http.StatusUnauthorized, nil, "no")
		for n := range 5 {
			f.mustGet(t, another(n), http.StatusUnauthorized)
			sleep(time.Second)
		}
		for n := range 3 {
			err := f.mustFail(t, another(5+n), auth.ErrExcessiveRefresh, auth.ErrRefreshFailed)
			if errors.Is(err, auth.ErrLoginRequired) {
				t.Errorf("got %v", err)
			}
			if re, ok := errors.AsType[*auth.RefreshError](err); !ok || re.RetryAfter <= 0 || re.RetryAfter > 30*time.Second {
				t.Errorf("got %+v", re)
			}
		}
		f.AssertRefreshes(t, 5)
		sleep(31 * time.Second)
		f.mustGet(t, another(8), http.StatusUnauthorized)
		f.AssertRefreshes(t, 6)
		f.FailAPI(0, 0, nil, "")
		f.mustGet(t, "/me", http.StatusOK)
		if st, err := f.session.Status(t.Context()); err != nil || !st.SignedIn {
			t.Errorf("got %+v, %v", st, err)
		}
		finish(f)
	})
}

// TestRule10_Window of two: the third refresh is one too many.
func TestRule10_Window(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{}, func(c *auth.Config) { c.RefreshWindow.MaxAttempts = 2 })
	f.FailAPI(always, http.StatusUnauthorized, nil, "no")
	f.mustGet(t, another(0), http.StatusUnauthorized)
	f.mustGet(t, another(1), http.StatusUnauthorized)
	f.mustFail(t, another(2), auth.ErrExcessiveRefresh)
	f.AssertRefreshes(t, 2)
}

// TestRule10_WindowTogether: so it is where all tokens are refused to several requests at once.
func TestRule10_WindowTogether(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{}, func(c *auth.Config) { c.RefreshWindow.MaxAttempts = 1 })
	f.FailAPI(always, http.StatusUnauthorized, nil, "no")
	f.mustGet(t, "/me", http.StatusUnauthorized)
	var all []<-chan result
	for n := range 3 {
		all = append(all, f.goGet(t.Context(), another(n)))
	}
	for _, r := range all {
		(<-r).fails(t, auth.ErrExcessiveRefresh)
	}
	f.AssertRefreshes(t, 1)
}

// TestRule10_Failures count as well: a server in trouble is left alone.
func TestRule10_Failures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := start(t, authtest.Config{InMemory: true})
		f.ExpireAccess()
		f.FailRefresh(always, http.StatusServiceUnavailable, nil, "")
		for range 29 {
			f.mustFail(t, "/me", auth.ErrRefreshFailed)
			sleep(time.Second)
		}
		if n := f.Stats().Refreshes; n != 5 {
			t.Errorf("%d refreshes in half a minute", n)
		}
		f.mustFail(t, "/me", auth.ErrExcessiveRefresh)
		finish(f)
	})
}

// TestRule10_CountedOnce: a token that was refused counts once, however often its refresh fails
// afterwards.
func TestRule10_CountedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := start(t, authtest.Config{InMemory: true}, func(c *auth.Config) { c.RefreshWindow.MaxAttempts = 4 })
		f.FailAPI(always, http.StatusUnauthorized, nil, "no")
		f.mustGet(t, "/me", http.StatusUnauthorized)
		f.FailRefresh(always, http.StatusServiceUnavailable, nil, "")
		for range 3 { // one for the token, and three
			f.mustFail(t, another(0), auth.ErrRefreshFailed)
			sleep(time.Second)
		}
		f.AssertRefreshes(t, 4)
		f.mustFail(t, another(0), auth.ErrExcessiveRefresh)
		f.AssertRefreshes(t, 4)
		finish(f)
	})
}

// TestRule10_WhatHelpsIsNoStorm: a token that served one good response resets the count; and
// tokens that were never refused do not count, even if they were never accepted either.
func TestRule10_WhatHelpsIsNoStorm(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{}, func(c *auth.Config) { c.RefreshWindow.MaxAttempts = 2 })
	for range 10 {
		f.ExpireAccess()
		f.mustGet(t, "/me", http.StatusOK)
	}
	f.AssertRefreshes(t, 10)
	for n := range 4 {
		f.FailAPI(3, http.StatusUnauthorized, nil, "no")
		f.mustGet(t, another(n), http.StatusUnauthorized) // the refresh did not help
		f.mustGet(t, "/me", http.StatusOK)                // the next one did
	}
	for range 10 {
		if _, err := f.session.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	f.AssertRefreshes(t, 28)
	f.AssertNoReuse(t)

	one := start(t, authtest.Config{}, func(c *auth.Config) { c.RefreshWindow.MaxAttempts = 1 })
	for range 5 {
		one.ExpireAccess()
		one.mustGet(t, "/me", http.StatusOK)
	}

	synctest.Test(t, func(t *testing.T) { // a client that only takes tokens, and does not tell how they did
		g := start(t, authtest.Config{InMemory: true, AccessTTL: time.Second})
		for range 60 {
			if _, err := g.session.Token(t.Context()); err != nil {
				t.Fatal(err)
			}
			sleep(500 * time.Millisecond)
		}
		finish(g)
	})
}

// TestRule10_MaxAttempts: where the chain sends a call once, the refresh serves the next call.
func TestRule10_MaxAttempts(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	f.client = &http.Client{Transport: chain.Config{MaxAttempts: 1}.New(f.session).Transport(f.Transport())}
	f.ExpireAccess()
	if body := f.mustGet(t, "/me", http.StatusUnauthorized); !strings.Contains(body, "Invalid JWT") {
		t.Errorf("the body of the 401 is %q", body)
	}
	f.mustGet(t, "/me", http.StatusOK)
	f.AssertRefreshes(t, 1)
}

// TestReplay_body: a POST arrives byte for byte after the refresh.
func TestReplay_body(t *testing.T) {
	t.Parallel()
	for name, sent := range map[string]string{
		"text": strings.Repeat("every byte counts ", 10_000), "binary": "\x00\xff\r\n\x00", "empty": "",
	} {
		f := start(t, authtest.Config{})
		f.ExpireAccess()
		status, body, err := f.send(t.Context(), http.MethodPost, "/echo", strings.NewReader(sent))
		if err != nil || status != http.StatusOK {
			t.Fatalf("%s: got %d, %v", name, status, err)
		}
		var answer struct {
			SHA256 string `json:"sha256"`
		}
		if err := json.Unmarshal([]byte(body), &answer); err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256([]byte(sent)); answer.SHA256 != hex.EncodeToString(sum[:]) {
			t.Errorf("%s: the body was changed", name)
		}
		f.AssertRefreshes(t, 1)
	}
}

// TestRule10_OneShotBody: a body that cannot be replayed gets its 401 back, readable; the next call
// has the new token.
func TestRule10_OneShotBody(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	f.ExpireAccess()
	status, body, err := f.send(t.Context(), http.MethodPost, "/echo", io.MultiReader(strings.NewReader("once")))
	if err != nil || status != http.StatusUnauthorized || !strings.Contains(body, "Invalid JWT") {
		t.Errorf("got %d %q, %v", status, body, err)
	}
	f.mustGet(t, "/me", http.StatusOK)
	f.AssertRefreshes(t, 1)
	if n := f.Stats().Unauthorized; n != 1 {
		t.Errorf("%d requests were refused", n)
	}
}

// TestRule10_RestyRetry: resty's own retry does not multiply ours. A session that cannot be renewed
// is not tried again; a server in trouble is, as often as resty was told.
func TestRule10_RestyRetry(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	client := resty.New().SetLogger(silent{}).SetTransport(f.Transport()).
		SetRetryCount(3).SetRetryWaitTime(time.Microsecond).SetRetryMaxWaitTime(time.Millisecond)
	if err := chain.New(f.session).Install(client); err != nil {
		t.Fatal(err)
	}
	f.ExpireAccess()
	f.FailRefresh(always, http.StatusServiceUnavailable, nil, "")
	_, err := client.R().SetContext(t.Context()).Get("/me")
	if !errors.Is(err, auth.ErrRefreshFailed) {
		t.Errorf("got %v", err)
	}
	f.AssertRefreshes(t, 1)
	if n := f.Stats().APICalls; n != 1 {
		t.Errorf("sent %d times", n)
	}

	f.FailRefresh(0, 0, nil, "")
	f.RevokeAll()
	_, err = client.R().SetContext(t.Context()).Get("/me")
	if !errors.Is(err, auth.ErrLoginRequired) {
		t.Errorf("got %v", err)
	}
	f.AssertRefreshes(t, 2)
	if n := f.Stats().APICalls; n != 2 {
		t.Errorf("sent %d times", n)
	}

	f.login(t)
	client.AddRetryCondition(func(r *resty.Response, _ error) bool { return r.StatusCode() >= 400 })
	f.FailAPI(always, http.StatusUnauthorized, nil, "no")
	resp, err := client.R().SetContext(t.Context()).Get("/me")
	if err != nil || resp.StatusCode() != http.StatusUnauthorized {
		t.Errorf("got %v, %v", resp, err)
	}
	if n := f.Stats().APICalls; n > 2+4*2 {
		t.Errorf("sent %d times for 4 tries", n-2)
	}
}

// TestRule10_AnnotatedError: an interceptor before the session that explains a 401 does not keep it
// from being refreshed.
func TestRule10_AnnotatedError(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	seen := 0
	annotate := interceptor.Funcs{Error: func(_ *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
		seen++
		return h.Next(errors.New("boom"))
	}}
	f.client = &http.Client{Transport: chain.New(annotate, f.session).Transport(f.Transport())}
	f.ExpireAccess()
	f.mustGet(t, "/me", http.StatusOK)
	if seen != 1 {
		t.Errorf("seen %d times", seen)
	}
}
