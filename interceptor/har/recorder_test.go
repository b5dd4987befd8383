package har_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/interceptor/har"
	"github.com/chatelaine-go/chatelaine/interceptor/redact"
)

func TestNew_checksEverything(t *testing.T) {
	t.Parallel()
	r, err := har.New(har.Config{MaxEntries: -1, InsecureShowSecrets: true, Redactor: new(redact.Redactor)})
	if r != nil || err == nil {
		t.Fatal("no error")
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != 2 || !strings.HasPrefix(lines[0], "har: ") || !strings.HasPrefix(lines[1], "har: ") {
		t.Errorf("got %q, want both problems", lines)
	}
}

// TestRedactor asserts that listed names are shown, also where cookies, queries and forms appear a
// second time.
func TestRedactor(t *testing.T) {
	t.Parallel()
	show, err := redact.New(redact.Config{Headers: []string{"X-Tenant"}, Query: []string{"key"}, Fields: []string{"id"}})
	if err != nil {
		t.Fatal(err)
	}
	server := serveBody(t, "application/json", `{"id":"i","other":"o"}`)
	r := newRecorder(t, har.Config{Redactor: show})
	req := request(t, http.MethodPost, server.URL+"/?key=k&pass=p&%zz&lone", strings.NewReader("id=1&b=2"))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("X-Tenant", "acme")
	req.Header.Set("X-Other", "o")
	req.Header.Set("Cookie", "a=b; c=d; lone")
	if _, err := call(t, httpClient(t, r), req); err != nil {
		t.Fatal(err)
	}
	e := only(t, r)
	for got, want := range map[string]string{
		e.Response.Content.Text:                  `{"id":"i","other":"REDACTED"}`,
		e.Request.PostData.Text:                  "id=1&b=REDACTED",
		value(e.Request.Headers, "X-Tenant"):     "acme",
		value(e.Request.Headers, "X-Other"):      "REDACTED",
		value(e.Request.QueryString, "key"):      "k",
		value(e.Request.QueryString, "pass"):     "REDACTED",
		fmt.Sprint(e.Request.Cookies):            "[{a REDACTED    false false} {c REDACTED    false false}]",
		strconv.Itoa(len(e.Request.QueryString)): "4",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestCookies(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Add("Set-Cookie", "a=b; Path=/x; Domain=api.example.com; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Secure; HttpOnly")
		w.Header().Add("Set-Cookie", "c=d")
		w.Header().Add("Set-Cookie", "=;")
	}))
	t.Cleanup(server.Close)
	r := newRecorder(t, har.Config{})
	if _, err := call(t, httpClient(t, r), request(t, http.MethodGet, server.URL, nil)); err != nil {
		t.Fatal(err)
	}
	got := only(t, r).Response.Cookies
	want := []cookie{
		{Name: "a", Value: "REDACTED", Path: "/x", Domain: "api.example.com", Expires: "2026-10-21T07:28:00Z", HTTPOnly: true, Secure: true},
		{Name: "c", Value: "REDACTED"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v", got)
	}
}

// TestMaxEntries asserts that the oldest entries are dropped, and that the archive says so.
func TestMaxEntries(t *testing.T) {
	t.Parallel()
	server := flaky(t, 0, 0)
	r := newRecorder(t, har.Config{MaxEntries: 3})
	c := httpClient(t, r)
	for i := range 8 {
		if _, err := call(t, c, request(t, http.MethodGet, fmt.Sprintf("%s/%d", server.URL, i), nil)); err != nil {
			t.Fatal(err)
		}
		if got, want := r.Len(), min(i+1, 3); got != want {
			t.Fatalf("%d entries after %d, want %d", got, i+1, want)
		}
	}
	a := written(t, r)
	var paths []string
	for _, e := range a.Log.Entries {
		paths = append(paths, e.Request.URL[len(server.URL):])
	}
	if !slices.Equal(paths, []string{"/5", "/6", "/7"}) || a.Log.Comment != "5 earlier entries were dropped." {
		t.Errorf("got %v, %q", paths, a.Log.Comment)
	}
	r.Reset()
	if a := written(t, r); r.Len() != 0 || len(a.Log.Entries) != 0 || a.Log.Comment != "" {
		t.Errorf("after Reset: %v, %q", a.lines(), a.Log.Comment)
	}
}

// TestOrder asserts that entries are in the order in which they were sent, and those of the same
// instant in the order of their calls.
func TestOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(t, har.Config{MaxEntries: 3})
		base := roundTripper(func(*http.Request) (*http.Response, error) {
			return interceptor.NewResponse(nil, http.StatusOK, nil, nil).Response, nil
		})
		inner := r.Transport(base, "token-refresh")
		refresh := interceptor.Funcs{Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
			if req.URL.Path == "/4" {
				if _, err := call(t, &http.Client{Transport: inner}, request(t, http.MethodPost, "http://a/refresh", nil)); err != nil {
					t.Error(err)
				}
				after(time.Second)
			}
			return h.Next(req)
		}}
		traced := roundTripper(func(req *http.Request) (*http.Response, error) {
			httptrace.ContextClientTrace(req.Context()).GetConn("a:80")
			return base(req)
		})
		c := &http.Client{Transport: chain.New(r, refresh).Transport(traced)}
		for i := range 5 {
			if _, err := call(t, c, request(t, http.MethodGet, fmt.Sprintf("http://a/%d", i), nil)); err != nil {
				t.Fatal(err)
			}
			if want := []string{"/0", "/0/1", "/0/1/2", "/1/2/3", "/3/refresh/4"}[i]; paths(written(t, r)) != want {
				t.Errorf("after %d: got %s, want %s", i, paths(written(t, r)), want)
			}
		}
	})
}

func paths(a archive) string {
	var b strings.Builder
	for _, e := range a.Log.Entries {
		b.WriteString(e.Request.URL[len("http://a"):])
	}
	return b.String()
}

// TestConcurrently records, writes, counts and resets at once.
func TestConcurrently(t *testing.T) {
	t.Parallel()
	server := flaky(t, 20, http.StatusServiceUnavailable)
	r := newRecorder(t, har.Config{MaxEntries: 30})
	c := restyClient(t, r, again())
	stop := make(chan struct{})
	var background, calls sync.WaitGroup
	background.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			if _, err := r.WriteTo(io.Discard); err != nil {
				t.Error(err)
			}
			if r.Len() > 20 && i%50 == 0 {
				r.Reset()
			}
			runtime.Gosched()
		}
	})
	for range 8 {
		calls.Go(func() {
			for range 10 {
				if _, err := c.R().SetBody(map[string]string{"a": "b"}).Post(server.URL); err != nil {
					t.Error(err)
				}
			}
		})
	}
	calls.Wait()
	close(stop)
	background.Wait()
	written(t, r)
}

// TestTransport asserts that the transport records a client without a chain.
func TestTransport(t *testing.T) {
	t.Parallel()
	server := flaky(t, 1, http.StatusFound)
	r := newRecorder(t, har.Config{})
	c := &http.Client{Transport: r.Transport(nil, "token-refresh")}
	t.Cleanup(c.CloseIdleConnections)
	req := request(t, http.MethodGet, server.URL, nil)
	req.Header.Set("Accept", "text/plain")
	for range 2 {
		if _, err := call(t, c, req); err != nil {
			t.Fatal(err)
		}
	}
	if len(req.Header) != 1 || req.Body != nil {
		t.Errorf("the caller's request was changed: %v", req)
	}
	want := []string{"1.1 GET 302 token-refresh", "1.1 GET 200 redirect", "2.1 GET 200 token-refresh"}
	if got := written(t, r).lines(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	bare := r.Transport(roundTripper(nil), "")
	bare.(interface{ CloseIdleConnections() }).CloseIdleConnections() // does nothing, but does not panic
}

// TestTransport_underTheChain asserts that the transport records what is sent, that the interceptor
// supplies attempt and cause, and that an interceptor between them hides nothing.
func TestTransport_underTheChain(t *testing.T) {
	t.Parallel()
	server := flaky(t, 1, http.StatusServiceUnavailable)
	r := newRecorder(t, har.Config{})
	base := r.Transport(nil, "")
	c := &http.Client{Transport: chain.New(again(), r).Transport(base)} // an order in which the interceptor misses errors
	t.Cleanup(c.CloseIdleConnections)
	req := request(t, http.MethodPost, server.URL, strings.NewReader(`{"status":1}`))
	req.Header.Set("Content-Type", "application/json")
	if _, err := call(t, c, req); err != nil {
		t.Fatal(err)
	}
	a := written(t, r)
	if got, want := a.lines(), []string{"1.1 POST 503", "1.2 POST 200 retry"}; !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	for _, e := range a.Log.Entries {
		if e.Request.PostData.Text != `{"status":1}` || e.Response.Content.Text != `{"status":1}` || e.Request.BodySize != 12 {
			t.Errorf("got %+v, %+v", e.Request.PostData, e.Response.Content)
		}
	}
	failed := &http.Client{Transport: chain.New(r).Transport(r.Transport(roundTripper(func(*http.Request) (*http.Response, error) {
		return nil, errors.New("down")
	}), ""))}
	if _, err := call(t, failed, request(t, http.MethodGet, server.URL, nil)); err == nil {
		t.Fatal("no error")
	}
	if got := written(t, r).Log.Entries[2]; got.Response.Error != "down" {
		t.Errorf("got %s, %q", got.line(), got.Response.Error)
	}
}

func TestWriteFile(t *testing.T) {
	t.Parallel()
	r := newRecorder(t, har.Config{})
	name := filepath.Join(t.TempDir(), "a.har")
	for range 2 { // the second time over the first
		if err := r.WriteFile(name); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	checkArchive(t, data)
	info, err := os.Stat(name)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	directory := filepath.Join(filepath.Dir(name), "directory")
	if err := os.Mkdir(directory, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{filepath.Join(name, "x"), directory} {
		if err := r.WriteFile(bad); err == nil || !strings.HasPrefix(err.Error(), "har: ") {
			t.Errorf("%s: got %v", bad, err)
		}
	}
	files, err := os.ReadDir(filepath.Dir(name))
	if err != nil || len(files) != 2 {
		t.Errorf("left behind: %v, %v", files, err)
	}
}

func TestWriteTo_fails(t *testing.T) {
	t.Parallel()
	r := newRecorder(t, har.Config{})
	full := errors.New("disk full")
	n, err := r.WriteTo(writerFunc(func([]byte) (int, error) { return 3, full }))
	if n != 3 || !errors.Is(err, full) || !strings.HasPrefix(err.Error(), "har: ") {
		t.Errorf("got %d, %v", n, err)
	}
	if r.String() != "har" {
		t.Error(r.String())
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
