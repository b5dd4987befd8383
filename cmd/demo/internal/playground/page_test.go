package playground_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/playground"
)

// TestPage: the page and its files load nothing from elsewhere, and no other site can embed them.
func TestPage(t *testing.T) {
	t.Parallel()
	s := start(t, authtest.Config{})
	for path, kind := range map[string]string{
		"/": "text/html", "/_page/app.js": "text/javascript", "/_page/rows.js": "text/javascript",
		"/_page/style.css": "text/css", "/_page/icon.svg": "image/svg+xml",
	} {
		text, h := call(t, s, http.StatusOK, http.MethodGet, path, "", nil)
		policy := h.Get("Content-Security-Policy")
		if !strings.HasPrefix(h.Get("Content-Type"), kind) || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", path, h)
		}
		for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "form-action 'none'", "base-uri 'none'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: the policy is %q", path, policy)
			}
		}
		if strings.Contains(policy, "unsafe") || kind != "image/svg+xml" && strings.Contains(text, "https://") {
			t.Errorf("%s: it may load something from elsewhere", path)
		}
	}
	for _, path := range []string{"/_page/index.html", "/_page/nowhere.js", "/_page/..%2fpage.go", "/_page/"} {
		call(t, s, http.StatusNotFound, http.MethodGet, path, "", nil)
	}
	port := s.URL[strings.LastIndex(s.URL, ":"):]
	for _, path := range []string{"/", "/_page/app.js"} {
		call(t, s, http.StatusForbidden, http.MethodGet, path, "", http.Header{"Host": {"evil.test" + port}})
	}
}

// TestPage_escapes: what the page is made of cannot become markup.
func TestPage_escapes(t *testing.T) {
	t.Parallel()
	s, err := playground.Start(playground.Config{Addr: "127.0.0.1:0", Command: `"><script>alert(1)</script>`})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	if text, _ := call(t, s, http.StatusOK, http.MethodGet, "/", "", nil); strings.Contains(text, "<script>alert") {
		t.Error("the command became a script")
	}
}

// state is what the page is told.
type state struct {
	Entries []struct {
		Kind   string `json:"kind"`
		Path   string `json:"path"`
		Status int    `json:"status"`
	} `json:"entries"`
	Sessions []struct {
		User string `json:"user"`
	} `json:"sessions"`
	Settings map[string]string `json:"settings"`
	Armed    struct {
		Refreshes int `json:"fail_refreshes"`
	} `json:"armed"`
}

// TestStream: it begins with the whole state, and continues with the changes.
func TestStream(t *testing.T) {
	t.Parallel()
	s := start(t, authtest.Config{})
	s.Provider.Issue("bob")
	next, stop := listen(t, s, http.StatusOK)
	defer stop()
	first := next()
	if len(first.Entries) != 1 || first.Entries[0].Path != "issue" || first.Sessions[0].User != "bob" || first.Settings["access-ttl"] != "5m0s" {
		t.Errorf("%+v", first)
	}
	call(t, s, http.StatusUnauthorized, http.MethodGet, "/me", "", nil)
	for {
		got := next()
		if len(got.Entries) == 1 && got.Entries[0].Kind == "rejected" && got.Entries[0].Status == http.StatusUnauthorized {
			break
		}
	}
	control(t, s, http.StatusNoContent, "fail?n=2")
	for next().Armed.Refreshes != 2 {
	}
}

// TestStream_bounded: only so many pages can be open, and a page that is closed makes room.
func TestStream_bounded(t *testing.T) {
	t.Parallel()
	s := start(t, authtest.Config{})
	var stops []func()
	for range 32 {
		next, stop := listen(t, s, http.StatusOK)
		next()
		stops = append(stops, stop)
	}
	call(t, s, http.StatusServiceUnavailable, http.MethodGet, "/_control/stream", "", nil)
	for _, stop := range stops {
		stop()
	}
}

// listen opens a stream; next returns its next message.
func listen(t *testing.T, s *playground.Server, want int) (next func() state, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/_control/stream", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != want {
		t.Fatalf("stream: %s", resp.Status)
	}
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	next = func() (got state) {
		t.Helper()
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				if err := json.Unmarshal([]byte(data), &got); err != nil {
					t.Fatal(err)
				}
				return got
			}
		}
		t.Fatalf("the stream ended: %v", lines.Err())
		return got
	}
	return next, func() {
		cancel()
		_ = resp.Body.Close()
	}
}
