package har_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/interceptor/har"
)

// signedIn returns a session of alice at the server, whose refreshes are recorded.
func signedIn(t *testing.T, server *authtest.Server, r *har.Recorder) *auth.Interceptor {
	t.Helper()
	base := r.Transport(server.Transport(), "token-refresh")
	session, err := auth.New(auth.Config{
		BaseURL:   server.URL,
		Refresher: auth.JSONRefresher{URL: "/auth/refresh", Transport: base},
	})
	if err != nil {
		t.Fatal(err)
	}
	pair := server.Issue("alice")
	err = session.Login(t.Context(), auth.Token{AccessToken: pair.AccessToken, RefreshToken: pair.RefreshToken, Expiry: pair.Expiry})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := session.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return session
}

// TestRefresh asserts the picture in the package's documentation: the entries of one expired token.
func TestRefresh(t *testing.T) {
	t.Parallel()
	server := authtest.NewServer(authtest.Config{})
	t.Cleanup(server.Close)
	r := newRecorder(t, har.Config{})
	c := restyClient(t, r, signedIn(t, server, r))
	server.ExpireAccess()
	resp, err := c.R().Get("/me")
	if err != nil || resp.StatusCode() != http.StatusOK {
		t.Fatal(resp, err)
	}
	server.AssertRefreshes(t, 1)
	a := written(t, r)
	want := []string{"1.1 GET 401", "2.1 POST 201 token-refresh", "1.2 GET 200 retry"}
	if got := a.lines(); !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	for i, want := range []string{"Bearer REDACTED", "(absent)", "Bearer REDACTED"} {
		if got := value(a.Log.Entries[i].Request.Headers, "Authorization"); got != want {
			t.Errorf("%d: Authorization is %q, want %q", i, got, want)
		}
	}
	refresh := a.Log.Entries[1]
	if got := refresh.Request.PostData.Text; got != `{"refreshToken":"REDACTED"}` {
		t.Errorf("the refresh sent %s", got)
	}
	if got := refresh.Response.Content.Text; !strings.Contains(got, `"accessToken":"REDACTED"`) ||
		!strings.Contains(got, `"refreshToken":"REDACTED"`) {
		t.Errorf("the refresh got %s", got)
	}
}

// flaky responds with the status the given number of times, then with 200 and the body that was
// sent.
func flaky(t *testing.T, n int32, status int) *httptest.Server {
	t.Helper()
	var left atomic.Int32
	left.Store(n)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
		if left.Add(-1) >= 0 {
			w.Header().Set("Location", "/moved?code=secret")
			w.WriteHeader(status)
		}
		w.Write(body)
	}))
	t.Cleanup(s.Close)
	return s
}

func TestRetry_oneEntryForEachAttempt(t *testing.T) {
	t.Parallel()
	server := flaky(t, 2, http.StatusServiceUnavailable)
	r := newRecorder(t, har.Config{})
	resp, err := restyClient(t, r, again()).R().SetBody(map[string]any{"title": "x", "pin": 7}).Post(server.URL)
	if err != nil || resp.StatusCode() != http.StatusOK {
		t.Fatal(resp, err)
	}
	a := written(t, r)
	if got, want := a.lines(), []string{"1.1 POST 503", "1.2 POST 503 retry", "1.3 POST 200 retry"}; !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	for i, e := range a.Log.Entries {
		const shown = `{"pin":"REDACTED","title":"x"}`
		if e.Request.PostData.Text != shown || e.Response.Content.Text != shown {
			t.Errorf("%d: sent %s, got %s", i, e.Request.PostData.Text, e.Response.Content.Text)
		}
		if e.Request.BodySize != 21 || e.Response.BodySize != 21 {
			t.Errorf("%d: sizes are %d and %d, want 21", i, e.Request.BodySize, e.Response.BodySize)
		}
	}
}

func TestRedirect_hopsShareTheCall(t *testing.T) {
	t.Parallel()
	server := flaky(t, 1, http.StatusTemporaryRedirect)
	r := newRecorder(t, har.Config{})
	c := restyClient(t, r)
	for range 2 {
		resp, err := c.R().SetHeader("Content-Type", "application/json").SetBody(`{"type":"t"}`).Put(server.URL)
		if err != nil || resp.StatusCode() != http.StatusOK {
			t.Fatal(resp, err)
		}
	}
	a := written(t, r)
	if got, want := a.lines(), []string{"1.1 PUT 307", "1.1 PUT 200 redirect", "2.1 PUT 200"}; !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	if got := a.Log.Entries[0].Response.RedirectURL; got != "/moved?code=REDACTED" {
		t.Errorf("redirectURL is %q", got)
	}
	if got := a.Log.Entries[1].Request.PostData.Text; got != `{"type":"t"}` {
		t.Errorf("the hop sent %q", got)
	}
}

// TestRetry_afterRedirect: attempts count anew in each hop.
func TestRetry_afterRedirect(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			http.Redirect(w, r, "/there", http.StatusFound)
			return
		}
		w.WriteHeader(http.StatusBadGateway)
	}))
	t.Cleanup(server.Close)
	r := newRecorder(t, har.Config{})
	c := &http.Client{Transport: chain.Config{MaxAttempts: 2}.New(r, again()).Transport(nil)}
	t.Cleanup(c.CloseIdleConnections)
	if _, err := call(t, c, request(t, http.MethodGet, server.URL, nil)); err != nil {
		t.Fatal(err)
	}
	want := []string{"1.1 GET 302", "1.1 GET 502 redirect", "1.2 GET 502 retry"}
	if got := written(t, r).lines(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestReverse asserts the same for the other order, with the recorder last in the list.
func TestReverse(t *testing.T) {
	t.Parallel()
	server := flaky(t, 1, http.StatusServiceUnavailable)
	r := newRecorder(t, har.Config{})
	c := &http.Client{Transport: chain.Config{ReturnOrder: chain.Reverse}.New(again(), r).Transport(nil)}
	t.Cleanup(c.CloseIdleConnections)
	if _, err := call(t, c, request(t, http.MethodGet, server.URL, nil)); err != nil {
		t.Fatal(err)
	}
	if got, want := written(t, r).lines(), []string{"1.1 GET 503", "1.2 GET 200 retry"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestFailure asserts that every kind of failure has an entry like a browser's.
func TestFailure(t *testing.T) {
	t.Parallel()
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(silent.Close)
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	for name, test := range map[string]struct {
		url  string
		in   interceptor.Interceptor
		want string
	}{
		"refused":          {url: "http://" + gone.Addr().String() + "/?key=s3cr3t", want: "refused"},
		"no host":          {url: "/me", want: "unsupported protocol scheme"},
		"deadline":         {url: silent.URL, want: "deadline exceeded"},
		"rejected through": {url: silent.URL, in: reject(errors.New("not today")), want: "not today"},
		"bad without text": {url: silent.URL, in: reject(&interceptor.Error{Kind: interceptor.KindConnection}), want: "connection failed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRecorder(t, har.Config{})
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			_, err := call(t, httpClient(t, r, test.in), request(t, http.MethodGet, test.url, nil).WithContext(ctx))
			if err == nil {
				t.Fatal("no error")
			}
			e := only(t, r)
			if e.Response.Status != 0 || !strings.Contains(strings.ToLower(e.Response.Error), test.want) {
				t.Errorf("status %d, error %q, want one about %q", e.Response.Status, e.Response.Error, test.want)
			}
		})
	}
}

func reject(err error) interceptor.Interceptor {
	return interceptor.Funcs{Request: func(_ *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
		return h.Reject(err, interceptor.Through)
	}}
}

// TestUnsent asserts that a request that a later interceptor does not send has an entry only if the
// recorder learns of it.
func TestUnsent(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		flow []interceptor.Flow
		want []string
	}{
		"resolved":         {want: nil},
		"resolved through": {flow: []interceptor.Flow{interceptor.Through}, want: []string{"1.1 GET 418"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRecorder(t, har.Config{})
			cached := interceptor.Funcs{Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
				return h.Resolve(interceptor.NewResponse(req, http.StatusTeapot, nil, []byte("short")), test.flow...)
			}}
			body, err := call(t, httpClient(t, r, cached), request(t, http.MethodGet, "http://api.example.com/", nil))
			if err != nil || body != "short" {
				t.Fatal(body, err)
			}
			if got := written(t, r).lines(); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// TestThrough asserts that a response that the recorder sees twice is one entry.
func TestThrough(t *testing.T) {
	t.Parallel()
	server := flaky(t, 0, 0)
	r := newRecorder(t, har.Config{})
	late := interceptor.Funcs{Response: func(_ *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict {
		return h.Reject(errors.New("changed my mind"), interceptor.Through)
	}}
	if _, err := call(t, httpClient(t, r, late), request(t, http.MethodGet, server.URL, nil)); err == nil {
		t.Fatal("no error")
	}
	if e := only(t, r); e.Response.Status != http.StatusOK {
		t.Errorf("got %s", e.line())
	}
}

// TestAlone asserts that the callbacks do not fail without a chain.
func TestAlone(t *testing.T) {
	t.Parallel()
	r := newRecorder(t, har.Config{})
	resp := interceptor.NewResponse(nil, http.StatusOK, nil, nil)
	if v := r.OnResponse(resp, interceptor.ResponseHandler{}); v != (interceptor.ResponseHandler{}).Next(resp) {
		t.Error("the response is another one")
	}
	e := &interceptor.Error{}
	if v := r.OnError(e, interceptor.ErrorHandler{}); v != (interceptor.ErrorHandler{}).Next(e) {
		t.Error("the error is another one")
	}
	if n := r.Len(); n != 0 {
		t.Errorf("%d entries", n)
	}
}
