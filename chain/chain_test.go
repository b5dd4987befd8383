package chain_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// answering is a transport that answers everything with one status.
func answering(status int) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: status, Status: http.StatusText(status), Header: http.Header{}, Request: r,
			Body: io.NopCloser(strings.NewReader("answer")),
		}, nil
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func request(t *testing.T) *http.Request {
	t.Helper()
	return httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://api.example.com/me?q=1", http.NoBody)
}

// TestRequest_isNeverChanged lets an interceptor change everything it can and looks at the caller's
// request.
func TestRequest_isNeverChanged(t *testing.T) {
	t.Parallel()
	req := request(t)
	values := make([]string, 1, 8)
	values[0] = "own"
	req.Header["X-Own"] = values
	in := &interceptor.Funcs{Request: func(r *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
		r.Header.Add("X-Own", "more")
		r.Header.Set("X-New", "new")
		r.URL.Host, r.URL.RawQuery, r.Method, r.Host = "other.example", "", http.MethodPut, "other"
		return h.Next(r)
	}}
	resp, err := chain.New(in).Transport(answering(http.StatusOK)).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if req.URL.String() != "https://api.example.com/me?q=1" || req.Method != http.MethodGet || len(req.Header) != 1 ||
		len(req.Header["X-Own"]) != 1 || values[:2][1] != "" {
		t.Errorf("the caller's request was changed: %s %s %v", req.Method, req.URL, req.Header)
	}
}

// TestRetry_waitEndsWithTheContext, and every OnError hears of it, once.
func TestRetry_waitEndsWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var seen []interceptor.Kind
		in := &interceptor.Funcs{Error: func(e *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
			seen = append(seen, e.Kind)
			return h.Retry(time.Hour)
		}}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Minute, cancel)
		begin := time.Now()
		_, err := chain.New(in).Transport(answering(503)).RoundTrip(request(t).WithContext(ctx))
		if !errors.Is(err, context.Canceled) || time.Since(begin) != time.Minute {
			t.Errorf("got %v after %v", err, time.Since(begin))
		}
		if len(seen) != 2 || seen[0] != interceptor.KindBadResponse || seen[1] != interceptor.KindCanceled {
			t.Errorf("OnError saw %v", seen)
		}
	})
}

// TestRetry_longerThanTheDeadline gives the response back at once.
func TestRetry_longerThanTheDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		in := &interceptor.Funcs{Error: func(_ *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
			return h.Retry(time.Hour)
		}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		begin := time.Now()
		resp, err := chain.New(in).Transport(answering(503)).RoundTrip(request(t).WithContext(ctx))
		if err != nil || time.Since(begin) != 0 {
			t.Fatalf("got %v after %v", err, time.Since(begin))
		}
		defer resp.Body.Close()
		if data, err := io.ReadAll(resp.Body); err != nil || string(data) != "answer" {
			t.Errorf("got %q, %v", data, err)
		}
	})
}

// TestRetry_fromTheOriginal forgets headers of the last attempt, and keeps Extra.
func TestRetry_fromTheOriginal(t *testing.T) {
	t.Parallel()
	type key struct{}
	in := &interceptor.Funcs{
		Request: func(r *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
			if r.Attempt() == 1 {
				r.Header.Set("X-First", "1")
				r.SetExtra(key{}, "kept")
			} else if r.Header.Get("X-First") != "" || r.Extra(key{}) != "kept" {
				t.Errorf("attempt %d: header %q, extra %v", r.Attempt(), r.Header.Get("X-First"), r.Extra(key{}))
			}
			return h.Next(r)
		},
		Error: func(_ *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict { return h.Retry(0) },
	}
	n := 0
	count := roundTrip(func(r *http.Request) (*http.Response, error) { n++; return answering(503)(r) })
	resp, err := chain.Config{MaxAttempts: 3}.New(in).Transport(count).RoundTrip(request(t))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if n != 3 {
		t.Errorf("sent %d times", n)
	}
}

// TestUse_duringTraffic changes the list while calls run; the race detector watches.
func TestUse_duringTraffic(t *testing.T) {
	t.Parallel()
	c := chain.New(interceptor.Base{})
	client := c.Transport(answering(http.StatusOK))
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 200 {
				if resp, err := client.RoundTrip(request(t)); err != nil {
					t.Error(err)
				} else {
					_ = resp.Body.Close()
				}
			}
		})
	}
	for range 200 {
		in := new(interceptor.Funcs)
		c.Use(in, nil)
		if !c.Remove(in) {
			t.Error("not removed")
		}
	}
	group.Wait()
	if n := len(c.Interceptors()); n != 1 {
		t.Errorf("%d interceptors are left", n)
	}
	if c.Remove(nil) || c.Remove(interceptor.Funcs{}) || c.Remove(new(interceptor.Funcs)) {
		t.Error("removed what was never there")
	}
}

type pass struct{ interceptor.Base }
