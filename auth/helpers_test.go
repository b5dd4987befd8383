package auth_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/chain"
)

// TestMain lets the test binary play the part of a program as well.
func TestMain(m *testing.M) {
	flag.Parse()
	if flag.Arg(0) == childMarker {
		if err := child(flag.Args()[1:]); err != nil {
			fmt.Println("failed:", err)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// fixture is a signed-in client of a server.
type fixture struct {
	*authtest.Server

	session *auth.Interceptor
	client  *http.Client
	events  *events
}

// start signs alice in at a new server. The changes adjust the configuration.
func start(t *testing.T, server authtest.Config, change ...func(*auth.Config)) *fixture {
	t.Helper()
	s := authtest.NewServer(server)
	t.Cleanup(s.Close)
	f := join(t, s, change...)
	f.login(t)
	return f
}

// join makes a client of a server that exists; nobody is signed in.
func join(t *testing.T, s *authtest.Server, change ...func(*auth.Config)) *fixture {
	t.Helper()
	f := &fixture{Server: s, events: new(events)}
	c := auth.Config{
		BaseURL:   s.URL,
		Refresher: auth.JSONRefresher{URL: "/auth/refresh", Transport: s.Transport()},
		OnEvent:   f.events.add,
	}
	for _, f := range change {
		f(&c)
	}
	session, err := auth.New(c)
	if err != nil {
		t.Fatal(err)
	}
	f.session = session
	f.client = &http.Client{Transport: chain.New(session).Transport(s.Transport())}
	t.Cleanup(func() {
		if err := session.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Errorf("Close: %v", err)
		}
		f.client.CloseIdleConnections()
	})
	return f
}

func (f *fixture) login(t *testing.T) {
	t.Helper()
	if err := f.session.Login(t.Context(), token(f.Issue("alice"))); err != nil {
		t.Fatal(err)
	}
}

func token(p authtest.TokenPair) auth.Token {
	return auth.Token{AccessToken: p.AccessToken, RefreshToken: p.RefreshToken, Expiry: p.Expiry}
}

// get returns the status and body of an answer, or the error.
func (f *fixture) get(ctx context.Context, path string) (status int, body string, err error) {
	return f.send(ctx, http.MethodGet, path, http.NoBody)
}

func (f *fixture) send(ctx context.Context, method, path string, content io.Reader) (status int, body string, err error) {
	req, err := http.NewRequestWithContext(ctx, method, path, content)
	if err != nil {
		return 0, "", err
	}
	resp, err := f.client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(data), err
}

// result is what a request in the background came to.
type result struct {
	status int
	body   string
	err    error
}

// goGet sends a GET in the background.
func (f *fixture) goGet(ctx context.Context, path string) <-chan result {
	done := make(chan result, 1)
	go func() {
		status, body, err := f.get(ctx, path)
		done <- result{status, body, err}
	}()
	return done
}

// want fails the test unless the request ended with the status.
func (r result) want(t *testing.T, status int) {
	t.Helper()
	if r.err != nil || r.status != status {
		t.Errorf("got %d, %v, want %d", r.status, r.err, status)
	}
}

// fails makes the test fail unless the request ended with all of the errors.
func (r result) fails(t *testing.T, want ...error) {
	t.Helper()
	for _, w := range want {
		if !errors.Is(r.err, w) {
			t.Errorf("got %d, %v, want %v", r.status, r.err, w)
		}
	}
}

// await blocks until the server's counters satisfy the condition.
func (f *fixture) await(t *testing.T, condition func(authtest.Stats) bool) {
	t.Helper()
	if err := f.Wait(t.Context(), condition); err != nil {
		t.Fatal(err)
	}
}

// refreshing is a condition: n refreshes have arrived.
func refreshing(n int) func(authtest.Stats) bool {
	return func(s authtest.Stats) bool { return s.Refreshes >= n }
}

// calling is a condition: n requests to the API have arrived.
func calling(n int) func(authtest.Stats) bool {
	return func(s authtest.Stats) bool { return s.APICalls >= n }
}

// mustGet fails the test unless the answer has the status.
func (f *fixture) mustGet(t *testing.T, path string, want int) string {
	t.Helper()
	status, body, err := f.get(t.Context(), path)
	if err != nil || status != want {
		t.Fatalf("GET %s: got %d, %v, want %d", path, status, err, want)
	}
	return body
}

// mustFail fails the test unless the request ends with all of the errors.
func (f *fixture) mustFail(t *testing.T, path string, want ...error) error {
	t.Helper()
	status, _, err := f.get(t.Context(), path)
	for _, w := range want {
		if !errors.Is(err, w) {
			t.Fatalf("GET %s: got %d, %v, want %v", path, status, err, w)
		}
	}
	return err
}

// events collects what OnEvent is told.
type events struct {
	mu  sync.Mutex
	all []auth.Event
}

func (e *events) add(ev auth.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, ev)
}

// String lists the kinds.
func (e *events) String() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	kinds := make([]string, len(e.all))
	for i, ev := range e.all {
		kinds[i] = ev.Kind.String()
	}
	return strings.Join(kinds, ", ")
}

// last returns the newest event.
func (e *events) last() auth.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.all) == 0 {
		return auth.Event{}
	}
	return e.all[len(e.all)-1]
}

func (e *events) want(t *testing.T, want string) {
	t.Helper()
	if got := e.String(); got != want {
		t.Errorf("events: got %q, want %q", got, want)
	}
}

// finish ends everything before a bubble does.
func finish(fs ...*fixture) {
	for _, f := range fs {
		_ = f.session.Close(context.Background())
		f.client.CloseIdleConnections()
	}
	fs[0].Close()
}

// answering is a Refresher that always has the same answer.
func answering(t auth.Token) auth.Refresher {
	return auth.RefreshFunc(func(context.Context, auth.Token) (auth.Token, error) { return t, nil })
}

// counting counts the calls of a Refresher.
func counting(r auth.Refresher, calls *int) auth.Refresher {
	return auth.RefreshFunc(func(ctx context.Context, old auth.Token) (auth.Token, error) {
		*calls++
		return r.Refresh(ctx, old)
	})
}

// serve starts a server and returns its URL.
func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}
