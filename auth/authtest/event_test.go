package authtest_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

// recorder is a [testing.TB] that fails without failing the test.
type recorder struct {
	testing.TB

	failures []string
}

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

func TestServer_assertions_print_the_timeline(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	p := s.Issue("bob")
	r := &recorder{TB: t}
	s.AssertRefreshes(r, 0)
	s.AssertNoReuse(r)
	s.AssertNoLeak(r)
	s.AssertSessions(r, 1)
	if len(r.failures) != 0 {
		t.Fatalf("failures %q", r.failures)
	}
	refresh(t, s, http.StatusCreated, p.RefreshToken)
	refresh(t, s, http.StatusUnauthorized, p.RefreshToken)
	call(t, s, http.StatusOK, http.MethodGet, s.Foreign().URL, "", bearer(p.AccessToken))
	s.AssertRefreshes(r, 1)
	s.AssertNoReuse(r)
	s.AssertNoLeak(r)
	s.AssertSessions(r, 1)
	want := []string{
		"authtest: the server received 2 refresh requests, want 1\n",
		"authtest: 1 refresh tokens were presented after they were spent, want none\n",
		"authtest: the foreign origin saw credentials: [{GET Authorization header}]\n",
		"authtest: 0 sessions are alive, want 1\n",
	}
	if len(r.failures) != len(want) {
		t.Fatalf("failures %q", r.failures)
	}
	for i, f := range r.failures {
		if !strings.HasPrefix(f, want[i]) || !strings.Contains(f, "reuse    s1 bob (refresh token #1 was spent; #2 is the newest)") {
			t.Errorf("failure %q", f)
		}
		if strings.Contains(f, p.RefreshToken) || strings.Contains(f, p.AccessToken) {
			t.Error("the failure holds a token")
		}
	}
}

func TestTimeline_String(t *testing.T) {
	t.Parallel()
	if got := authtest.Timeline(nil).String(); got != "" {
		t.Errorf("the empty timeline is %q", got)
	}
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, authtest.Config{Rotation: authtest.OmitRefreshToken})
		a := call(t, s, http.StatusOK, http.MethodPost, "/auth/login", `{"username":"alice","password":"wonderland"}`, nil)
		elapse(1500 * time.Millisecond)
		s.ExpireAccess()
		me(t, s, http.StatusUnauthorized, a.member(t, "accessToken"))
		refresh(t, s, http.StatusCreated, a.member(t, "refreshToken"))
		call(t, s, http.StatusOK, http.MethodGet, "/public/echo?secret=1", "", nil)
		s.RevokeAll()
		const want = `     0.000s  login    s1 alice POST /auth/login
     1.500s  expire   (1 access tokens)
     1.500s  deny     GET /me 401 (access token expired, revoked or unknown)
     1.500s  refresh  POST /auth/refresh
     1.500s  rotate   s1 alice (refresh token #1 stays)
     1.500s  api      GET /public/echo 200
     1.500s  revoke   (1 sessions)
`
		if got := s.Timeline().String(); got != want {
			t.Errorf("timeline\n%s\nwant\n%s", got, want)
		}
	})
}

func TestServer_Timeline_is_bounded_and_a_copy(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{OpaqueTokens: true})
	for range 20_001 {
		s.ExpireAccess()
	}
	s.Issue("bob")
	got := s.Timeline()
	if len(got) < 10_000 || len(got) > 20_000 || got[len(got)-1].User != "bob" {
		t.Errorf("%d events, the last %v", len(got), got[len(got)-1])
	}
	got[len(got)-1].User = "changed"
	if again := s.Timeline(); again[len(again)-1].User != "bob" {
		t.Error("the timeline is not a copy")
	}
}

func TestConfig_OnEvent(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var seen authtest.Timeline
	var s *authtest.Server
	s = newServer(t, authtest.Config{OnEvent: func(e authtest.Event) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, e)
		_ = s.Stats() // may call the server
	}})
	p := s.Issue("bob")
	refresh(t, s, http.StatusCreated, p.RefreshToken)
	s.RevokeAll()
	mu.Lock()
	defer mu.Unlock()
	if got, want := seen, s.Timeline(); !slices.Equal(got, want) || len(got) != 4 {
		t.Errorf("told\n%swant\n%s", got, want)
	}
}

// A client writes the path, the method and the user name; none of it reaches a terminal as control
// characters.
func TestEvent_escapes_control_characters(t *testing.T) {
	t.Parallel()
	var events []authtest.Event
	s := newServer(t, authtest.Config{OnEvent: func(e authtest.Event) { events = append(events, e) }})
	s.Issue("bob\x1b]0;owned\a\u202e")
	r := request(t.Context(), t, s, http.MethodGet, "/public/echo", "", nil)
	r.URL.Path = "/status/\x1b[2J\r\n\x9b31m\u0085"
	if _, err := try(s, r); err != nil {
		t.Fatal(err)
	}
	call(t, s, http.StatusUnauthorized, http.MethodGet, "/status/"+strings.Repeat("x", 5000), "", bearer("x"))
	if len(events) != 3 {
		t.Fatalf("%d events, want 3: %v", len(events), events)
	}
	text := s.Timeline().String() + fmt.Sprint(events)
	for i := range events {
		if n := len(events[i].Path); n > 1010 {
			t.Errorf("a path of %d bytes", n)
		}
	}
	for _, c := range text {
		if c != '\n' && !unicode.IsPrint(c) || c == '\ufffd' {
			t.Errorf("%q in %q", c, text)
		}
	}
	if want := `bob\x1b]0;owned\a\u202e`; events[0].User != want {
		t.Errorf("user %q, want %q", events[0].User, want)
	}
	if want := `/status/\x1b[2J\r\n\x9b31m\u0085`; events[1].Path != want {
		t.Errorf("path %q, want %q", events[1].Path, want)
	}
}
