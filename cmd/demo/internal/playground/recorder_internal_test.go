package playground

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

// serveEvents lets a recorder see one request whose handler reports events and responds with a
// status; 0 cuts the connection.
func serveEvents(t *testing.T, r *recorder, method, path string, status int, events ...authtest.Event) {
	t.Helper()
	h := r.wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for i := range events {
			r.event(events[i])
		}
		if status == 0 {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(status)
	}))
	defer func() { _ = recover() }()
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), method, path, http.NoBody))
}

func testRecorder() *recorder {
	r := newRecorder()
	r.reuseEnds = func() bool { return true }
	return r
}

func kindsOf(r *recorder) (kinds []Kind) {
	entries, _, _ := r.since(-1)
	for i := range entries {
		kinds = append(kinds, entries[i].Kind)
	}
	return kinds
}

var (
	loginEvent = authtest.Event{Kind: authtest.EventLogin, Session: "s1", User: "alice", Method: "POST", Path: "/auth/login"}
	denyEvent  = authtest.Event{Kind: authtest.EventDeny, Method: "GET", Path: "/me", Status: 401}
	apiEvent   = authtest.Event{Kind: authtest.EventAPI, Session: "s1", User: "alice", Method: "GET", Path: "/me", Status: 200}
	sentEvent  = authtest.Event{Kind: authtest.EventRefresh, Method: "POST", Path: "/auth/refresh"}
	rotate     = authtest.Event{Kind: authtest.EventRotate, Session: "s1", User: "alice"}
	reuse      = authtest.Event{Kind: authtest.EventReuse, Session: "s1", User: "alice"}
)

// TestRecorder: a call that is sent again after a refresh is told from a first one.
func TestRecorder(t *testing.T) {
	t.Parallel()
	r := testRecorder()
	serveEvents(t, r, "POST", "/auth/login", 200, loginEvent)
	serveEvents(t, r, "GET", "/me", 200, apiEvent)
	r.event(authtest.Event{Kind: authtest.EventExpire, Note: "1 access tokens"})
	serveEvents(t, r, "GET", "/me", 401, denyEvent)
	serveEvents(t, r, "POST", "/auth/refresh", 201, sentEvent, rotate)
	serveEvents(t, r, "GET", "/me", 200, apiEvent)
	serveEvents(t, r, "GET", "/me", 200, apiEvent)
	serveEvents(t, r, "POST", "/auth/refresh", 401, sentEvent, reuse)
	want := []Kind{Login, API, Control, Rejected, Refresh, Replay, API, Reuse}
	if got := kindsOf(r); !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	entries, _, _ := r.since(-1)
	if e := entries[2]; e.Path != "expire" || e.Note != "1 access token" {
		t.Errorf("%+v", e)
	}
	if e := entries[4]; e.Session != "s1" || e.User != "alice" || e.Took <= 0 {
		t.Errorf("%+v", e)
	}
	sessions, _ := r.snapshot()
	if len(sessions) != 1 || sessions[0].Refreshes != 1 || sessions[0].Reuses != 1 || sessions[0].Ended != "refresh token reused" {
		t.Errorf("%+v", sessions)
	}
}

// TestRecorder_concurrent: the outcomes of two refreshes at once go to the requests with their
// status.
func TestRecorder_concurrent(t *testing.T) {
	t.Parallel()
	r := testRecorder()
	r.event(sentEvent)
	r.event(rotate)
	r.event(reuse)
	first := r.begin(httptest.NewRequestWithContext(t.Context(), "POST", "/auth/refresh", http.NoBody))
	second := r.begin(httptest.NewRequestWithContext(t.Context(), "POST", "/auth/refresh", http.NoBody))
	r.end(second, 401)
	r.end(first, 201)
	if first.Kind != Refresh || second.Kind != Reuse {
		t.Errorf("%s, %s", first.Kind, second.Kind)
	}
}

// TestRecorder_dropped: the rotation of a response that is not sent is not that of a later request.
func TestRecorder_dropped(t *testing.T) {
	t.Parallel()
	r := testRecorder()
	r.ordered("drop", "", func(a *armed) { a.Drops = more(a.Drops, 1) })
	drop := authtest.Event{Kind: authtest.EventDrop, Session: "s1", User: "alice"}
	serveEvents(t, r, "POST", "/auth/refresh", 0, sentEvent, rotate, drop)
	serveEvents(t, r, "POST", "/auth/login", 200, loginEvent)
	serveEvents(t, r, "GET", "/nowhere", 404)
	if got, want := kindsOf(r), []Kind{Control, Dropped, Login, Other}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, a := r.snapshot(); a != (armed{}) {
		t.Errorf("%+v", a)
	}
}

// TestRecorder_bounded: however many requests with whatever paths come, what is kept is bounded.
func TestRecorder_bounded(t *testing.T) {
	t.Parallel()
	r := testRecorder()
	for i := range 2 * maxEntries {
		path := "/" + strings.Repeat("x", i)
		serveEvents(t, r, "GET", path, 401, authtest.Event{Kind: authtest.EventDeny, Method: "GET", Path: path, Status: 401})
		r.event(authtest.Event{Kind: authtest.EventIssue, Session: path, User: path})
		r.event(rotate) // no request claims it
		r.event(authtest.Event{Kind: authtest.EventRefresh, Method: "POST", Path: path})
	}
	entries, _, _ := r.since(-1)
	sessions, _ := r.snapshot()
	if len(entries) != maxEntries || len(sessions) != maxSessions || len(r.unclaimed) != maxUnclaimed ||
		len(r.rejected) > maxEntries || len(r.refreshes) > maxEntries {
		t.Errorf("%d entries, %d sessions, %d events", len(entries), len(sessions), len(r.unclaimed))
	}
	for i := range entries {
		if n := len(entries[i].Path) + len(entries[i].User); n > 4*maxNote {
			t.Fatalf("%d bytes", n)
		}
	}
}

// TestMore: orders add up until they are cleared.
func TestMore(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]int{{0, 1, 1}, {1, 2, 3}, {3, 0, 0}, {1, -1, -1}, {-1, 2, -1}, {-1, 0, 0}} {
		if got := more(c[0], c[1]); got != c[2] {
			t.Errorf("%d and %d: %d, want %d", c[0], c[1], got, c[2])
		}
	}
	if less(0) != 0 || less(2) != 1 || less(-1) != -1 {
		t.Error("less")
	}
}
