package wire_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/wire"
)

// client is one whose requests and refreshes are recorded.
func client(t *testing.T, server *authtest.Server, r *wire.Recorder) *http.Client {
	t.Helper()
	session, err := auth.New(auth.Config{
		BaseURL:   server.URL,
		Refresher: auth.JSONRefresher{URL: "/auth/refresh", Transport: r.Transport(wire.Refresh, server.Transport())},
	})
	if err != nil {
		t.Fatal(err)
	}
	pair := server.Issue("alice")
	if err := session.Login(t.Context(), auth.Token{AccessToken: pair.AccessToken, RefreshToken: pair.RefreshToken}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close(t.Context()) })
	return &http.Client{Transport: chain.New(session, r).Transport(r.Transport(wire.Request, server.Transport()))}
}

func get(t *testing.T, c *http.Client, url string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
}

// TestRecorder: the refused request, the refresh and the request sent again are exchanges of their
// own.
func TestRecorder(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	server := authtest.NewServer(authtest.Config{})
	t.Cleanup(server.Close)
	r := &wire.Recorder{Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	c := client(t, server, r)
	server.ExpireAccess()
	get(t, c, server.URL+"/me?secret=1")
	var got []string
	for _, e := range r.Peek() {
		got = append(got, string(e.Role)+" "+e.Method+" "+e.Path+" "+http.StatusText(e.Status))
		if e.Signed != (e.Role != wire.Refresh) {
			t.Errorf("%s: signed %v", e.Role, e.Signed)
		}
		if e.Took <= 0 || e.End().Before(e.Start) {
			t.Errorf("%s took %v", e.Role, e.Took)
		}
	}
	want := []string{"request GET /me Unauthorized", "refresh POST /auth/refresh Created", "resent GET /me OK"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if n := len(r.Take()); n != 3 {
		t.Errorf("Take after Peek: %d exchanges", n)
	}
	if n := len(r.Take()); n != 0 {
		t.Errorf("Take after Take: %d exchanges", n)
	}
	if text := log.String(); strings.Count(text, "msg=exchange") != 3 || strings.Contains(text, "secret") || strings.Contains(text, "eyJ") {
		t.Errorf("log: %s", text)
	}
}

// TestRecorder_redirect: a hop to another origin is told from the others.
func TestRecorder_redirect(t *testing.T) {
	t.Parallel()
	server := authtest.NewServer(authtest.Config{})
	t.Cleanup(server.Close)
	r := new(wire.Recorder)
	get(t, client(t, server, r), server.URL+"/redirect?to="+server.Foreign().URL+"/x")
	seen := r.Take()
	if len(seen) != 2 || !seen[0].Signed || seen[0].Redirected || seen[1].Signed || !seen[1].Redirected {
		t.Errorf("%+v", seen)
	}
}

// TestRecorder_duration: to the end of the body if the answer is good, to its beginning if it is
// not, and until now if there is none yet.
func TestRecorder_duration(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := new(wire.Recorder)
		release := make(chan struct{})
		base := transport(func(req *http.Request) (*http.Response, error) {
			if req.URL.Path == "/held" {
				<-release
				return nil, io.ErrUnexpectedEOF
			}
			<-time.After(time.Second)
			status := http.StatusOK
			if req.URL.Path == "/bad" {
				status = http.StatusBadRequest
			}
			return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader("x"))}, nil
		})
		over := r.Transport(wire.Request, base)
		for _, path := range []string{"/good", "/bad"} {
			resp, err := over.RoundTrip(request(t, path))
			if err != nil {
				t.Fatal(err)
			}
			<-time.After(time.Second)
			_, _ = io.Copy(io.Discard, resp.Body)
			<-time.After(time.Second)
			_ = resp.Body.Close()
		}
		failed := make(chan error)
		go func() {
			_, err := over.RoundTrip(request(t, "/held"))
			failed <- err
		}()
		<-time.After(5 * time.Second)
		var took []time.Duration
		for _, e := range r.Peek() {
			took = append(took, e.Took)
		}
		if want := []time.Duration{2 * time.Second, time.Second, 5 * time.Second}; !slices.Equal(took, want) {
			t.Errorf("took %v, want %v", took, want)
		}
		close(release)
		if <-failed == nil {
			t.Error("the error got lost")
		}
		if last := r.Take()[2]; last.Status != 0 || last.Took != 5*time.Second {
			t.Errorf("%+v", last)
		}
	})
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func request(t *testing.T, path string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1"+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// TestExchange_JSON: what is written can be read again.
func TestExchange_JSON(t *testing.T) {
	t.Parallel()
	e := wire.Exchange{
		Process: "A", Role: wire.Resent, Method: "GET", Path: "/me", Status: 200, Signed: true, Redirected: true,
		Start: time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC), Took: 1500 * time.Microsecond,
	}
	data, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), `"took_ms":1.5`) {
		t.Errorf("%s", data)
	}
	var got wire.Exchange
	if err := json.Unmarshal(data, &got); err != nil || got != e {
		t.Errorf("%+v, %v", got, err)
	}
	if json.Unmarshal([]byte(`{"took_ms":"x"}`), &got) == nil {
		t.Error("no error")
	}
}
