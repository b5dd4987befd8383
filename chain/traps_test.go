package chain_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-resty/resty/v2"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

// TestSetTimeout_isOneBudget for all attempts of a call and the waits between them.
func TestSetTimeout_isOneBudget(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	var seen []interceptor.Kind
	again := &interceptor.Funcs{Error: func(e *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
		seen = append(seen, e.Kind)
		return h.Retry(10 * time.Millisecond)
	}}
	client := resty.New().SetTimeout(100 * time.Millisecond)
	install(t, chain.Config{MaxAttempts: 1 << 20}.New(again), client)
	resp, err := client.R().Get(server.URL)
	// At the end a wait no longer fits into the budget, so the response comes back; or the time is
	// up in the middle.
	if err == nil && resp.StatusCode() != http.StatusServiceUnavailable || err != nil && interceptor.KindOf(err) != interceptor.KindTimeout {
		t.Errorf("got %v, %v", resp, err)
	}
	if len(seen) < 2 {
		t.Errorf("%d attempts", len(seen))
	}
}

// TestDigestAuth_bothWays: resty's digest swaps transports in its hooks. After Install it is laid
// over the chain; one that was set before takes the chain off at the first request, which Installed
// tells.
func TestDigestAuth_bothWays(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.Header.Get("Authorization"), "Digest ") {
			_, _ = io.WriteString(w, "hello "+r.Header.Get("X-In"))
			return
		}
		w.Header().Set("WWW-Authenticate", `Digest realm="r", nonce="n", qop="auth", algorithm=MD5`)
		w.WriteHeader(http.StatusUnauthorized)
	})
	in := &interceptor.Funcs{Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
		req.Header.Set("X-In", "chain")
		return h.Next(req)
	}}
	for name, test := range map[string]struct {
		before, after func(*resty.Client)
		request       func(*resty.Request)
		want          string
		installed     bool
	}{
		"Install, then the client's digest": {
			after: func(c *resty.Client) { c.SetDigestAuth("u", "p") }, want: "hello chain", installed: true,
		},
		"Install, then a request's digest": {
			request: func(r *resty.Request) { r.SetDigestAuth("u", "p") }, want: "hello chain", installed: true,
		},
		"the client's digest, then Install": {
			before: func(c *resty.Client) { c.SetDigestAuth("u", "p") }, want: "hello", installed: false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := resty.New()
			if test.before != nil {
				test.before(client)
			}
			install(t, chain.New(in), client)
			if test.after != nil {
				test.after(client)
			}
			for range 2 {
				r := client.R()
				if test.request != nil {
					test.request(r)
				}
				if resp, err := r.Get(server.URL); err != nil || resp.String() != test.want {
					t.Errorf("got %q, %v", resp, err)
				}
			}
			if _, ok := chain.Installed(client); ok != test.installed {
				t.Errorf("installed: %v; if that has changed, correct the documentation", ok)
			}
			client.GetClient().CloseIdleConnections()
		})
	}
}

// TestClone: a clone made after Install has all of it. One made before shares the transport, and
// with it the chain, but not what Install adds to the client itself.
func TestClone(t *testing.T) {
	t.Parallel()
	var known []bool
	in := &interceptor.Funcs{Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
		_, ok := chain.RestyRequest(req)
		known = append(known, ok)
		return h.Reject(errors.New("mine"))
	}}
	client := resty.New().SetLogger(new(memory)).SetRetryCount(1).SetRetryWaitTime(1)
	before := client.Clone()
	install(t, chain.New(in), client)
	after := client.Clone()
	for name, test := range map[string]struct {
		client *resty.Client
		calls  []bool
	}{
		"the client": {client, []bool{true}},
		"after":      {after, []bool{true}},
		"before":     {before, []bool{false, false}}, // the reject is repeated, as resty repeats any error
	} {
		known = nil
		if _, ok := chain.Installed(test.client); !ok {
			t.Errorf("%s: has no chain", name)
		}
		if _, err := test.client.R().Get("http://127.0.0.1/"); err == nil || !slices.Equal(known, test.calls) {
			t.Errorf("%s: calls %v, want %v; %v", name, known, test.calls, err)
		}
	}
	if !chain.Uninstall(after) {
		t.Error("not installed")
	}
	if _, ok := chain.Installed(client); ok {
		t.Error("clones share a transport, so they lose the chain together")
	}
}

// TestGzip is decoded by resty above the chain, and by net/http below it, once; a response an
// interceptor made is not taken for one.
func TestGzip(t *testing.T) {
	t.Parallel()
	var compressed bytes.Buffer
	w := gzip.NewWriter(&compressed)
	if _, err := io.WriteString(w, "decoded"); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/empty" {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(compressed.Bytes())
	})
	in := &interceptor.Funcs{Response: func(r *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict {
		if r.StatusCode == http.StatusNoContent {
			return h.Next(interceptor.NewResponse(r.Request, http.StatusOK, nil, []byte("made")))
		}
		if _, err := r.Peek(4); err != nil {
			return h.Reject(err)
		}
		return h.Next(r)
	}}
	client := install(t, chain.New(in), resty.New())
	for path, want := range map[string]string{"/": "decoded", "/empty": "made"} {
		for _, own := range []string{"", "gzip"} { // with a header of its own, net/http leaves the decoding to resty
			r := client.R()
			if own != "" {
				r.SetHeader("Accept-Encoding", own)
			}
			if resp, err := r.Get(server.URL + path); err != nil || resp.String() != want {
				t.Errorf("%s %q: got %q, %v", path, own, resp, err)
			}
		}
	}
}

func TestEnableTrace(t *testing.T) {
	t.Parallel()
	server, _ := refuseFirst(t)
	client := install(t, chain.New(once()), resty.New())
	resp, err := client.R().EnableTrace().SetBody("x").Post(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	if info := resp.Request.TraceInfo(); info.TotalTime <= 0 || info.ServerTime <= 0 {
		t.Errorf("no times: %+v", info)
	}
}

// TestCookies work with a base URL that came from an interceptor, because Install puts it on the
// client.
func TestCookies(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie("session"); err == nil {
			_, _ = io.WriteString(w, c.Value)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "kept"})
	})
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := install(t, chain.New(based{url: server.URL}), resty.New().SetCookieJar(jar))
	for i, want := range []string{"", "kept"} {
		if resp, err := client.R().Get("/"); err != nil || resp.String() != want {
			t.Errorf("request %d: %q, %v", i, resp, err)
		}
	}
}

// TestRedirects: every hop passes the chain, and knows that it is one.
func TestRedirects(t *testing.T) {
	t.Parallel()
	other := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "other") })
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/same":
			http.Redirect(w, r, "/end", http.StatusFound)
		case "/cross":
			http.Redirect(w, r, other.URL+"/", http.StatusFound)
		default:
			_, _ = io.WriteString(w, "end")
		}
	})
	var hops []string
	in := &interceptor.Funcs{Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
		hops = append(hops, strconv.FormatBool(req.Redirected()))
		return h.Next(req)
	}}
	client := install(t, chain.New(in), resty.New())
	for path, want := range map[string]string{"/same": "end", "/cross": "other"} {
		hops = nil
		resp, err := client.R().Get(server.URL + path)
		if err != nil || resp.String() != want || !slices.Equal(hops, []string{"false", "true"}) {
			t.Errorf("%s: %q, %v, hops %v", path, resp, err, hops)
		}
	}
	client.SetRedirectPolicy(resty.NoRedirectPolicy())
	if resp, err := client.R().Get(server.URL + "/same"); err == nil || resp.StatusCode() != http.StatusFound {
		t.Errorf("without redirects: %v, %v", resp.StatusCode(), err)
	}
}

// TestHooks of resty run as they do without the chain.
func TestHooks(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") })
	run := func(client *resty.Client) string {
		var hooks []string
		note := func(name string) { hooks = append(hooks, name) }
		client.OnBeforeRequest(func(*resty.Client, *resty.Request) error { note("before"); return nil })
		client.SetPreRequestHook(func(*resty.Client, *http.Request) error { note("pre"); return nil })
		client.OnAfterResponse(func(*resty.Client, *resty.Response) error { note("after"); return nil })
		client.OnSuccess(func(*resty.Client, *resty.Response) { note("success") })
		client.OnError(func(*resty.Request, error) { note("error") })
		if _, err := client.R().Get(server.URL); err != nil {
			t.Error(err)
		}
		return strings.Join(hooks, " ")
	}
	without := run(resty.New())
	if with := run(install(t, chain.New(new(counting)), resty.New())); with != without {
		t.Errorf("with the chain %q, without %q", with, without)
	}
}

// TestError_throughResty: the caller finds the chain's error and the user's own.
func TestError_throughResty(t *testing.T) {
	t.Parallel()
	in := &interceptor.Funcs{Request: func(_ *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
		return h.Reject(&quotaError{plan: "free"})
	}}
	client := install(t, chain.New(in), resty.New())
	var hook error
	client.OnError(func(_ *resty.Request, err error) { hook = err })
	_, err := client.R().Get("http://127.0.0.1/?token=secret")
	for where, err := range map[string]error{"caller": err, "OnError": hook} {
		if _, ok := errors.AsType[*interceptor.Error](err); !ok {
			t.Errorf("%s: %v is no *interceptor.Error", where, err)
		}
		if mine, ok := errors.AsType[*quotaError](err); !ok || mine.plan != "free" {
			t.Errorf("%s: %v is not the user's own", where, err)
		}
	}
}

// TestTwoClients share a chain.
func TestTwoClients(t *testing.T) {
	t.Parallel()
	in := new(counting)
	c := chain.New(in)
	for range 2 {
		client := install(t, c, resty.New().SetTransport(answering(http.StatusOK)))
		if _, err := client.R().Get("http://127.0.0.1/"); err != nil {
			t.Error(err)
		}
	}
	if in.n != 2 {
		t.Errorf("the chain saw %d", in.n)
	}
}

func TestHTTP2(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	first := true
	in := &interceptor.Funcs{Response: func(r *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict {
		if first {
			first = false
			return h.Retry(0)
		}
		return h.Next(r)
	}}
	client := install(t, chain.New(in), resty.NewWithClient(server.Client()))
	resp, err := client.R().SetBody("twice").Post(server.URL)
	if err != nil || resp.String() != "twice" || resp.RawResponse.ProtoMajor != 2 {
		t.Errorf("got %v, %v", resp, err)
	}
}

type idle struct {
	http.RoundTripper
	closed bool
}

func (i *idle) CloseIdleConnections() { i.closed = true }

func TestCloseIdleConnections(t *testing.T) {
	t.Parallel()
	base := new(idle)
	(&http.Client{Transport: chain.New().Transport(base)}).CloseIdleConnections()
	if !base.closed {
		t.Error("not passed on")
	}
	(&http.Client{Transport: chain.New().Transport(answering(http.StatusOK))}).CloseIdleConnections() // cannot, and must not panic
}

// TestTied_body: who puts another body in the place of the server's need not close the server's.
func TestTied_body(t *testing.T) {
	t.Parallel()
	closed := 0
	base := roundTrip(func(r *http.Request) (*http.Response, error) {
		resp, err := answering(http.StatusOK)(r)
		resp.Body = &counted{Reader: resp.Body, closed: func() { closed++ }}
		return resp, err
	})
	upper := &interceptor.Funcs{Response: func(r *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict {
		data, err := io.ReadAll(r.Body)
		if err != nil {
			return h.Reject(err)
		}
		r.Body = io.NopCloser(strings.NewReader(strings.ToUpper(string(data))))
		return h.Next(r)
	}}
	resp, err := chain.New(upper).Transport(base).RoundTrip(request(t))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(resp.Body)
	if err != nil || string(data) != "ANSWER" || resp.Body.Close() != nil || closed != 1 {
		t.Errorf("got %q, %v; closed %d times", data, err, closed)
	}
}
