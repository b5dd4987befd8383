package authtest_test

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newServer starts a server in memory and closes it at the end of the test.
func newServer(t *testing.T, cfg authtest.Config) *authtest.Server {
	t.Helper()
	cfg.InMemory = true
	s := authtest.NewServer(cfg)
	t.Cleanup(s.Close)
	return s
}

// answer is a response read to its end.
type answer struct {
	status int
	header http.Header
	body   string
}

// object decodes the body.
func (a *answer) object(t *testing.T) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(a.body), &m); err != nil {
		t.Fatalf("body %q: %v", a.body, err)
	}
	return m
}

// member returns a member of the body that is a string.
func (a *answer) member(t *testing.T, name string) string {
	t.Helper()
	v, _ := a.object(t)[name].(string)
	return v
}

// request makes a request for a path of the server, or for an absolute URL.
func request(ctx context.Context, t *testing.T, s *authtest.Server, method, path, body string, header http.Header) *http.Request {
	t.Helper()
	target := path
	if strings.HasPrefix(path, "/") {
		target = s.URL + path
	}
	r, err := http.NewRequestWithContext(ctx, method, target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(r.Header, header)
	return r
}

// try sends a request without following redirects.
func try(s *authtest.Server, r *http.Request) (*answer, error) {
	resp, err := s.Transport().RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return &answer{status: resp.StatusCode, header: resp.Header, body: string(body)}, err
}

// call sends a request that must be answered with the status.
func call(t *testing.T, s *authtest.Server, want int, method, path, body string, header http.Header) *answer {
	t.Helper()
	a, err := try(s, request(t.Context(), t, s, method, path, body, header))
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	if a.status != want {
		t.Fatalf("%s %s: status %d, want %d; body %s", method, path, a.status, want, a.body)
	}
	return a
}

// bearer is a header that carries the access token.
func bearer(token string) http.Header { return http.Header{"Authorization": {"Bearer " + token}} }

// me calls GET /me.
func me(t *testing.T, s *authtest.Server, want int, access string) *answer {
	t.Helper()
	return call(t, s, want, http.MethodGet, "/me", "", bearer(access))
}

// refresh calls POST /auth/refresh.
func refresh(t *testing.T, s *authtest.Server, want int, token string) *answer {
	t.Helper()
	return call(t, s, want, http.MethodPost, "/auth/refresh", `{"refreshToken":"`+token+`"}`, nil)
}

// form calls a path with a form of names and values.
func form(t *testing.T, s *authtest.Server, want int, path string, header http.Header, pairs ...string) *answer {
	t.Helper()
	h := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	maps.Copy(h, header)
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return call(t, s, want, http.MethodPost, path, v.Encode(), h)
}

// reconfigure changes the configuration.
func reconfigure(t *testing.T, s *authtest.Server, change func(*authtest.Config)) {
	t.Helper()
	if err := s.Reconfigure(change); err != nil {
		t.Fatal(err)
	}
}

// checkStats compares the counters.
func checkStats(t *testing.T, s *authtest.Server, want authtest.Stats) {
	t.Helper()
	if got := s.Stats(); got != want {
		t.Errorf("stats\n got %+v\nwant %+v\n%s", got, want, s.Timeline())
	}
}

// elapse lets time pass in a synctest bubble.
func elapse(d time.Duration) { <-time.After(d) }
