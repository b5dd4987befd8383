package playground_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/playground"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start starts a playground on a free port and closes it at the end of the test.
func start(t *testing.T, cfg authtest.Config) *playground.Server {
	t.Helper()
	s, err := playground.Start(playground.Config{Addr: "127.0.0.1:0", Provider: cfg})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// call sends a request that must get the status, and returns the body.
func call(t *testing.T, s *playground.Server, want int, method, path, body string, header http.Header) (string, http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if header != nil {
		r.Header = header
	}
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
	}
	transport := &http.Transport{DisableKeepAlives: true}
	resp, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != want {
		t.Fatalf("%s %s: status %d, want %d; body %s", method, path, resp.StatusCode, want, b)
	}
	return string(b), resp.Header
}

func control(t *testing.T, s *playground.Server, want int, path string) string {
	t.Helper()
	body, _ := call(t, s, want, http.MethodPost, "/_control/"+path, "", nil)
	return body
}

func me(t *testing.T, s *playground.Server, want int, access string) {
	t.Helper()
	call(t, s, want, http.MethodGet, "/me", "", http.Header{"Authorization": {"Bearer " + access}})
}

func refresh(t *testing.T, s *playground.Server, want int, token string) (string, http.Header) {
	t.Helper()
	return call(t, s, want, http.MethodPost, "/auth/refresh", `{"refreshToken":"`+token+`"}`, nil)
}

func object(t *testing.T, body string) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		t.Fatalf("body %q: %v", body, err)
	}
	return m
}

func TestControl_expire_and_revoke(t *testing.T) {
	t.Parallel()
	s := start(t, authtest.Config{})
	p, q := s.Provider.Issue("bob"), s.Provider.Issue("carol")
	control(t, s, http.StatusNoContent, "expire")
	me(t, s, http.StatusUnauthorized, p.AccessToken)
	control(t, s, http.StatusNoContent, "revoke?user=bob")
	refresh(t, s, http.StatusUnauthorized, p.RefreshToken)
	a, _ := refresh(t, s, http.StatusCreated, q.RefreshToken)
	control(t, s, http.StatusNoContent, "revoke")
	next, _ := object(t, a)["refreshToken"].(string)
	refresh(t, s, http.StatusUnauthorized, next)
}

func TestControl_faults(t *testing.T) {
	t.Parallel()
	s := start(t, authtest.Config{})
	p := s.Provider.Issue("bob")
	control(t, s, http.StatusNoContent, "fail?n=1&status=429&retry-after=3&body=slow")
	if body, h := refresh(t, s, http.StatusTooManyRequests, p.RefreshToken); h.Get("Retry-After") != "3" || body != "slow" {
		t.Errorf("%v %s", h, body)
	}
	control(t, s, http.StatusNoContent, "fail")
	refresh(t, s, http.StatusServiceUnavailable, p.RefreshToken)
	control(t, s, http.StatusNoContent, "fail?target=api&status=500")
	me(t, s, http.StatusInternalServerError, p.AccessToken)
	control(t, s, http.StatusNoContent, "drop")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/auth/refresh",
		strings.NewReader(`{"refreshToken":"`+p.RefreshToken+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r); err == nil {
		_ = resp.Body.Close()
		t.Errorf("got %d, want no response", resp.StatusCode)
	}
	for _, path := range []string{"fail?n=x", "fail?status=x", "fail?target=moon", "fail?status=99", "drop?n=x", "delay?ms=x", "delay?ms=-1", "delay?ms=600001", "set?access-ttl=x", "set?moon=1"} {
		if m, _ := object(t, control(t, s, http.StatusBadRequest, path))["message"].(string); m == "" {
			t.Errorf("%s: no message", path)
		}
	}
}

func TestControl_hold_and_delay(t *testing.T) {
	t.Parallel()
	s := start(t, authtest.Config{})
	p := s.Provider.Issue("bob")
	control(t, s, http.StatusNoContent, "delay?ms=1")
	control(t, s, http.StatusNoContent, "hold")
	status := make(chan string)
	go func() {
		body, _ := refresh(t, s, http.StatusCreated, p.RefreshToken)
		status <- body
	}()
	err := s.Provider.Wait(t.Context(), func(st authtest.Stats) bool { return st.Refreshes == 1 })
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-status:
		t.Error("a held refresh got its response")
	default:
	}
	control(t, s, http.StatusNoContent, "release")
	<-status
}

func TestControl_set_is_all_or_nothing(t *testing.T) {
	t.Parallel()
	s := start(t, authtest.Config{})
	settings := func() map[string]any {
		body, _ := call(t, s, http.StatusOK, http.MethodGet, "/_control/settings", "", nil)
		return object(t, body)
	}
	control(t, s, http.StatusNoContent, "set?access-ttl=2s&expired-status=403&omit-challenge=true")
	if got := settings(); got["access-ttl"] != "2s" || got["expired-status"] != "403" || got["omit-challenge"] != "true" {
		t.Errorf("%v", got)
	}
	control(t, s, http.StatusBadRequest, "set?access-ttl=9s&expired-status=blue")
	control(t, s, http.StatusBadRequest, "set?access-ttl=9s&expired-status=999")
	if got := settings()["access-ttl"]; got != "2s" {
		t.Errorf("access-ttl %v", got)
	}
}

func TestControl_reads(t *testing.T) {
	t.Parallel()
	s := start(t, authtest.Config{})
	s.Provider.Issue("bob")
	body, _ := call(t, s, http.StatusOK, http.MethodGet, "/_control/stats", "", nil)
	if m := object(t, body); m["sessions"] != 1.0 || m["refreshes"] != 0.0 {
		t.Errorf("%v", m)
	}
	body, h := call(t, s, http.StatusOK, http.MethodGet, "/_control/timeline", "", nil)
	if !strings.Contains(body, "issue    s1 bob") || h.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("%v %s", h, body)
	}
}

// A page of another site reaches the control endpoints neither directly nor by DNS rebinding.
func TestControl_refuses_other_sites(t *testing.T) {
	t.Parallel()
	s := start(t, authtest.Config{})
	port := s.URL[strings.LastIndex(s.URL, ":"):]
	access := s.Provider.Issue("bob").AccessToken
	for _, header := range []http.Header{
		{"Origin": {"https://evil.test"}},
		{"Origin": {"null"}},
		{"Origin": {"http://localhost" + port}}, // another name than that of the request
		{"Host": {"evil.test" + port}},
		{"Host": {"evil.test" + port}, "Origin": {"http://evil.test" + port}},
		{"Origin": {s.URL, "https://evil.test"}},
		{"Sec-Fetch-Site": {"cross-site"}},
		{"Sec-Fetch-Site": {"same-site"}}, // a page on another port of this machine
		{"Host": {"evil.localhost" + port}},
		{"Host": {"0.0.0.0" + port}},
		{"Host": {"127.0.0.1"}},
		{"Host": {"127.0.0.1:1"}},
		{"Host": {"localhost.evil.test" + port}},
	} {
		call(t, s, http.StatusForbidden, http.MethodPost, "/_control/expire", "", header)
		call(t, s, http.StatusForbidden, http.MethodGet, "/_control/timeline", "", header)
	}
	me(t, s, http.StatusOK, access)
	for _, header := range []http.Header{
		nil,
		{"Origin": {s.URL}},
		{"Origin": {s.URL}, "Sec-Fetch-Site": {"same-origin"}},
		{"Sec-Fetch-Site": {"none"}},
		{"Host": {"localhost" + port}, "Origin": {"http://localhost" + port}},
		{"Host": {"[::1]" + port}},
	} {
		call(t, s, http.StatusNoContent, http.MethodPost, "/_control/expire", "", header)
	}
	me(t, s, http.StatusUnauthorized, access)
}

func TestStart_errors(t *testing.T) {
	t.Parallel()
	if _, err := playground.Start(playground.Config{Addr: "127.0.0.1:0", Provider: authtest.Config{Rotation: "never"}}); err == nil {
		t.Error("a wrong configuration gave no error")
	}
	s := start(t, authtest.Config{})
	for _, addr := range []string{"127.0.0.1:x", strings.TrimPrefix(s.URL, "http://")} {
		if _, err := playground.Start(playground.Config{Addr: addr}); err == nil {
			t.Errorf("%s: a wrong address gave no error", addr)
		}
	}
	for _, addr := range []string{"nonsense", "0.0.0.0:0", ":0", "example.com:80", ""} {
		if _, err := playground.Start(playground.Config{Addr: addr}); !errors.Is(err, playground.ErrNotLocal) {
			t.Errorf("%s: %v", addr, err)
		}
	}
}
