package auth_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

// scene is one line of the table of outcomes in the package's documentation.
type scene struct {
	*fixture

	t      *testing.T
	store  *faulty
	before string // what was stored
	body   io.Reader
	limit  time.Duration // of the caller's context
	sent   int           // requests to the API before it
	tried  int           // refreshes before it
}

// expired begins a session whose token has expired by the clock.
func (s *scene) expired() {
	s.t.Helper()
	tok := token(s.Issue("alice"))
	tok.Expiry = time.Now().Add(-time.Minute)
	if err := s.session.Login(s.t.Context(), tok); err != nil {
		s.t.Fatal(err)
	}
}

// other is another process.
func (s *scene) other() *fixture {
	s.t.Helper()
	return join(s.t, s.Server, with(s.store.Memory))
}

// scenes maps what happened to how to make it happen.
func scenes() map[string]func(*scene) {
	return map[string]func(*scene){
		"401, refreshed": func(s *scene) { s.ExpireAccess() },
		"401, another process refreshed": func(s *scene) {
			s.ExpireAccess()
			s.other().mustGet(s.t, "/me", http.StatusOK)
		},
		"401, the new token is refused too": func(s *scene) { s.FailAPI(2, http.StatusUnauthorized, nil, `{"message":"Invalid JWT"}`) },
		"401, insufficient_scope": func(s *scene) {
			if err := s.Reconfigure(func(c *authtest.Config) { c.RejectScope = http.StatusUnauthorized }); err != nil {
				s.t.Error(err)
			}
		},
		"401, refresh failed for now": func(s *scene) {
			s.ExpireAccess()
			s.FailRefresh(1, http.StatusServiceUnavailable, http.Header{"Retry-After": {"7"}}, "")
		},
		"401, refreshes do not help": func(s *scene) {
			s.FailAPI(always, http.StatusUnauthorized, nil, `{"message":"Invalid JWT"}`)
			for n := range 5 {
				s.mustGet(s.t, another(n), http.StatusUnauthorized)
			}
		},
		"401, the path refused a fresh token": func(s *scene) {
			s.FailAPI(3, http.StatusUnauthorized, nil, `{"message":"Invalid JWT"}`)
			s.mustGet(s.t, "/me", http.StatusUnauthorized)
		},
		"401, the refresh token is dead": func(s *scene) { s.RevokeAll() },
		"401, there is no refresh token": func(s *scene) {
			if err := s.session.Login(s.t.Context(), auth.Token{AccessToken: s.Issue("alice").AccessToken}); err != nil {
				s.t.Error(err)
			}
			s.ExpireAccess()
		},
		"401, there is no Refresher": func(s *scene) { s.ExpireAccess() },
		"401, logged out meanwhile": func(s *scene) {
			if err := s.other().session.Logout(s.t.Context()); err != nil {
				s.t.Error(err)
			}
			s.ExpireAccess()
		},
		"401, another user meanwhile":        func(s *scene) { s.ExpireAccess(); s.other().as(s.t, "bob") },
		"401, the same user again meanwhile": func(s *scene) { s.ExpireAccess(); s.other().as(s.t, "alice") },
		"401, the body cannot be replayed": func(s *scene) {
			s.ExpireAccess()
			s.body = io.MultiReader(strings.NewReader("once"))
		},
		"401, nobody was signed in": func(s *scene) {
			if err := s.session.Logout(s.t.Context()); err != nil {
				s.t.Error(err)
			}
		},
		"401, another process logged in": func(s *scene) {
			if err := s.session.Logout(s.t.Context()); err != nil {
				s.t.Error(err)
			}
			s.other().as(s.t, "alice")
		},
		"401, the store reports lost data": func(s *scene) {
			s.ExpireAccess()
			s.store.lost = true
		},
		"401, the record is damaged": func(s *scene) {
			s.ExpireAccess()
			put(s.t, s.store, "default", "damaged")
		},
		"401, the store cannot write": func(s *scene) {
			s.ExpireAccess()
			s.store.fail(0, 1, 0)
		},
		"expired, refreshed": func(s *scene) { s.expired() },
		"expired, refresh failed for now": func(s *scene) {
			s.expired()
			s.FailRefresh(1, http.StatusServiceUnavailable, http.Header{"Retry-After": {"7"}}, "")
		},
		"expired, the refresh token is dead": func(s *scene) { s.expired(); s.RevokeAll() },
		"expired, there is no refresh token": func(s *scene) {
			tok := auth.Token{AccessToken: s.Issue("alice").AccessToken, Expiry: time.Now().Add(-time.Minute)}
			if err := s.session.Login(s.t.Context(), tok); err != nil {
				s.t.Error(err)
			}
		},
		"about to expire, refresh failed": func(s *scene) {
			sleep(4*time.Minute + 50*time.Second)
			s.FailRefresh(1, http.StatusServiceUnavailable, nil, "")
		},
		"refreshed, the save failed": func(s *scene) { s.ExpireAccess(); s.store.fail(0, 0, 1) },
		"dead, the deletion failed":  func(s *scene) { s.RevokeAll(); s.store.fail(0, 0, 1) },
		"the store cannot be read": func(s *scene) {
			s.fixture = join(s.t, s.Server, with(s.store))
			s.store.fail(2, 0, 0) // it is tried twice
		},
		"the record cannot be read": func(s *scene) {
			put(s.t, s.store, "default", "damaged")
			s.fixture = join(s.t, s.Server, with(s.store))
		},
		"a panic in the Refresher": func(s *scene) { s.ExpireAccess() },
		"the caller's context ends": func(s *scene) {
			s.ExpireAccess()
			s.DelayRefresh(time.Second)
			s.limit = time.Millisecond
		},
	}
}

// gets checks what the caller got.
func (s *scene) gets(t *testing.T, want string, got result) {
	t.Helper()
	refreshes, sent := s.Stats().Refreshes-s.tried, s.Stats().APICalls-s.sent
	kind := map[string]error{
		"ErrRefreshFailed": auth.ErrRefreshFailed, "ErrExcessiveRefresh": auth.ErrExcessiveRefresh, "ErrLoginRequired": auth.ErrLoginRequired,
		"ErrSessionUnreadable": auth.ErrSessionUnreadable, "the store's error": errFull, "its error": context.DeadlineExceeded,
	}
	for part := range strings.FieldsFuncSeq(want, func(r rune) bool { return r == ',' || r == ';' }) {
		switch part = strings.TrimSpace(part); part {
		case "the response of the request sent again":
			got.want(t, http.StatusOK)
			if sent != 2 {
				t.Errorf("sent %d times", sent)
			}
		case "the response", "what the server says":
			got.want(t, http.StatusOK)
		case "the 401":
			got.want(t, http.StatusUnauthorized)
			if !strings.Contains(got.body, `"message"`) && !strings.Contains(got.body, "scope") {
				t.Errorf("body %q", got.body)
			}
		case "without a refresh":
			if refreshes != 0 {
				t.Errorf("%d refreshes", refreshes)
			}
		case "nothing was sent":
			if sent != 0 {
				t.Errorf("sent %d times", sent)
			}
		case "with the 401":
			carries401(t, got.err)
		case "RetryAfter":
			if re, ok := errors.AsType[*auth.RefreshError](got.err); !ok || re.RetryAfter != 7*time.Second {
				t.Errorf("got %v", got.err)
			}
		case "the next request has a new token":
			s.mustGet(t, "/me", http.StatusOK)
		case "the event PersistFailed":
			if k := s.events.last().Kind; k != auth.PersistFailed {
				t.Errorf("event %v", k)
			}
		case "the refresh continues":
			sleep(time.Minute)
			s.mustGet(t, "/me", http.StatusOK)
		default:
			if kind[part] == nil || !errors.Is(got.err, kind[part]) {
				t.Errorf("got %d, %v, want %s", got.status, got.err, part)
			}
		}
	}
}

// holds checks what is stored.
func (s *scene) holds(t *testing.T, want string) {
	t.Helper()
	now := stored(t, s.store.Memory)
	tok, err := s.session.Token(t.Context())
	newest := err == nil && now != s.before && strings.Contains(now, tok.AccessToken)
	switch want {
	case "unchanged", "the other session": // which had been stored before the request
		if now != s.before {
			t.Errorf("stored %s, want %s", now, s.before)
		}
	case "the wait, if the server named one":
		if !strings.Contains(now, `"retry_after":7`) || tok.AccessToken != "" && !strings.Contains(s.before, tok.AccessToken) {
			t.Errorf("stored %s", now)
		}
	case "nothing":
		if now != "" {
			t.Errorf("stored %s", now)
		}
	case "the new token", "the new token, before its use":
		if !newest {
			t.Errorf("stored %s, %v", now, err)
		}
	case "the new token, later", "nothing, later":
		if now != s.before {
			t.Errorf("stored %s, want %s", now, s.before)
		}
		sleep(time.Minute)
		if later := stored(t, s.store.Memory); later == now || strings.Contains(want, "nothing") != (later == "") {
			t.Errorf("later: stored %s", later)
		}
	default:
		t.Errorf("the table says %q", want)
	}
}

// TestDoc_outcomes makes every line of the table of outcomes happen, and checks what it says.
func TestDoc_outcomes(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(doc), "what is stored\n")
	table, _, _ = strings.Cut(table, "//\n")
	happens := scenes()
	for line := range strings.Lines(table) {
		columns := regexp.MustCompile(` {2,}`).Split(strings.TrimSpace(strings.TrimPrefix(line, "//\t")), -1)
		if len(columns) != 3 || happens[columns[0]] == nil {
			t.Errorf("nothing is known of %q", line)
			continue
		}
		happen := happens[columns[0]]
		delete(happens, columns[0])
		t.Run(columns[0], func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { perform(t, columns, happen) })
		})
	}
	for missing := range happens {
		t.Errorf("the table says nothing of %q", missing)
	}
}

// perform plays one line.
func perform(t *testing.T, columns []string, happen func(*scene)) {
	t.Helper()
	s := &scene{t: t, store: newFaulty(), body: http.NoBody, limit: time.Hour}
	s.fixture = start(t, authtest.Config{InMemory: true}, with(s.store), func(c *auth.Config) {
		switch columns[0] {
		case "401, there is no Refresher":
			c.Refresher = nil
		case "a panic in the Refresher":
			misbehaving(func() { panic("boom") })(c)
		}
	})
	first := s.fixture
	happen(s)
	s.before, s.sent, s.tried = stored(t, s.store.Memory), s.Stats().APICalls, s.Stats().Refreshes
	method := http.MethodGet
	if s.body != http.NoBody {
		method = http.MethodPost
	}
	path := "/me"
	if method == http.MethodPost {
		path = "/echo"
	}
	var got result
	ctx, cancel := context.WithTimeout(t.Context(), s.limit)
	defer cancel()
	got.status, got.body, got.err = s.send(ctx, method, path, s.body)
	if got.err != nil {
		if _, ok := errors.AsType[*interceptor.Error](got.err); !ok {
			t.Errorf("got %T", got.err)
		}
	}
	synctest.Wait()
	s.gets(t, columns[1], got)
	s.holds(t, columns[2])
	finish(first, s.fixture)
}
