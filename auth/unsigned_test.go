package auth_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

// syncBuffer is a buffer that a logger of several goroutines writes to.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write appends p.
func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

// take returns what was written since the last call.
func (s *syncBuffer) take() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.b.Reset()
	return s.b.String()
}

// TestUnsigned_debugRecord: a newcomer whose client says 127.0.0.1 and whose configuration says
// localhost gets a 401 without an error. The log says why at level debug, and without a token or a
// query.
func TestUnsigned_debugRecord(t *testing.T) {
	t.Parallel()
	log := new(syncBuffer)
	f := start(t, authtest.Config{}, func(c *auth.Config) {
		c.BaseURL = strings.Replace(c.BaseURL, "127.0.0.1", "localhost", 1)
		c.Logger = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	log.take()
	status, _, err := f.get(t.Context(), f.URL+"/me?key=hidden")
	if err != nil || status != http.StatusUnauthorized {
		t.Errorf("got %d, %v", status, err)
	}
	got := log.take()
	if !strings.Contains(got, "not signed: origin "+f.URL+" is not configured") || !strings.Contains(got, "level=DEBUG") {
		t.Errorf("logged %q", got)
	}
	if strings.Contains(got, "hidden") {
		t.Errorf("%q shows the query", got)
	}
	// A client that still has a token from before, by resty's SetAuthToken, say, goes on with it.
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/me", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer stale")
	resp, err := f.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if got := log.take(); !strings.Contains(got, "not signed: the request has an Authorization header already") ||
		strings.Contains(got, "stale") {
		t.Errorf("logged %q", got)
	}
	// Whoever leaves the token out on purpose is not told so.
	if _, _, err := f.get(auth.WithoutAuth(t.Context()), "/public/echo"); err != nil {
		t.Error(err)
	}
	if got := log.take(); strings.Contains(got, "not signed") {
		t.Errorf("WithoutAuth: logged %q", got)
	}
}

// TestUnsigned_quiet: above level debug nothing is written about a request.
func TestUnsigned_quiet(t *testing.T) {
	t.Parallel()
	log := new(syncBuffer)
	f := start(t, authtest.Config{}, func(c *auth.Config) {
		c.Logger = slog.New(slog.NewTextHandler(log, nil))
	})
	log.take()
	if _, _, err := f.get(t.Context(), f.Foreign().URL+"/x"); err != nil {
		t.Error(err)
	}
	if got := log.take(); got != "" {
		t.Errorf("logged %q", got)
	}
}

// TestRefused_freesItsConnection: a transport that limits its connections is shared by the calls
// and the refresh. A refused response gives its connection back before the refresh waits for one,
// and its first 64 KiB stay readable.
func TestRefused_freesItsConnection(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 20, 100 << 10} {
		for _, conns := range []int{1, 4} {
			api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch {
				case r.URL.Path == "/refresh":
					_, _ = io.WriteString(w, `{"access_token":"a1"}`)
				case r.Header.Get("Authorization") != "Bearer a1" || r.URL.Path == "/never":
					w.WriteHeader(http.StatusUnauthorized)
					_, _ = w.Write(bytes.Repeat([]byte("x"), size))
				}
			}))
			t.Cleanup(api.Close)
			few := &http.Transport{MaxConnsPerHost: conns}
			t.Cleanup(few.CloseIdleConnections)
			session, err := auth.New(auth.Config{
				BaseURL: api.URL, Refresher: auth.JSONRefresher{URL: "/refresh", Transport: few},
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = session.Close(context.WithoutCancel(t.Context())) })
			if err := session.Login(t.Context(), auth.Token{AccessToken: "a0", RefreshToken: "r0"}); err != nil {
				t.Fatal(err)
			}
			f := &fixture{session: session, client: clientOver(session, few)}
			var all []<-chan result
			for range conns {
				all = append(all, f.goGet(t.Context(), "/me"))
			}
			for _, got := range all {
				(<-got).want(t, http.StatusOK)
			}
			status, body, err := f.get(t.Context(), "/never")
			if err != nil || status != http.StatusUnauthorized || len(body) < min(size, 64<<10) {
				t.Errorf("a 401 of %d bytes with %d connections: %d, %d bytes, %v", size, conns, status, len(body), err)
			}
		}
	}
}
