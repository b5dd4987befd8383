package authtest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

// newOwnServer serves a handler of the test's own.
func newOwnServer(t *testing.T, h http.Handler) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(func() {
		s.Client().CloseIdleConnections()
		s.Close()
	})
	return s
}

// readOwn returns the body of a response that must have the status.
func readOwn(t *testing.T, resp *http.Response, want int) string {
	t.Helper()
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != want {
		t.Errorf("status %d, want %d: %s", resp.StatusCode, want, body)
	}
	return string(body)
}

func TestServer_Protect(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	h := s.Protect(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).Flush()
		_, _ = w.Write([]byte("hello " + s.User(r)))
	}))
	own := newOwnServer(t, h)
	get := func(want int, token string) string {
		t.Helper()
		r := request(t.Context(), t, s, http.MethodGet, own.URL+"/tickets", "", bearer(token))
		resp, err := own.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		return readOwn(t, resp, want)
	}
	p := s.Issue("bob")
	if got := get(http.StatusOK, p.AccessToken); got != "hello bob" {
		t.Errorf("got %q", got)
	}
	s.ExpireAccess()
	get(http.StatusUnauthorized, p.AccessToken)
	s.FailAPI(1, 503, nil, "")
	get(http.StatusServiceUnavailable, p.AccessToken)
	if s.User(request(t.Context(), t, s, http.MethodGet, "/", "", nil)) != "" {
		t.Error("a request that has not passed Protect has a user")
	}
	checkStats(t, s, authtest.Stats{Sessions: 1, APICalls: 3, Unauthorized: 1})
}
