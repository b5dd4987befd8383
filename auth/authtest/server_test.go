package authtest_test

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

func TestServer_listens_on_a_free_loopback_port(t *testing.T) {
	t.Parallel()
	s := authtest.NewServer(authtest.Config{})
	defer s.Close()
	if !strings.HasPrefix(s.URL, "http://127.0.0.1:") || strings.HasSuffix(s.URL, ":0") {
		t.Errorf("URL %q", s.URL)
	}
	me(t, s, http.StatusOK, s.Issue("bob").AccessToken)
}

func TestServer_listens_on_the_given_address(t *testing.T) {
	t.Parallel()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if _, err := authtest.Start(authtest.Config{Addr: addr}); err == nil {
		t.Fatal("a taken address gave no error")
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := authtest.Start(authtest.Config{Addr: addr})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.URL != "http://"+addr {
		t.Errorf("URL %q, want http://%s", s.URL, addr)
	}
}

func TestNewServer_panics_on_a_wrong_configuration(t *testing.T) {
	t.Parallel()
	defer func() {
		if err, ok := recover().(error); !ok || !strings.HasPrefix(err.Error(), "authtest: Rotation") {
			t.Errorf("recovered %v", err)
		}
	}()
	authtest.NewServer(authtest.Config{Rotation: "never"}).Close()
}

func TestServer_in_memory_reaches_nothing_else(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	r := request(t.Context(), t, s, http.MethodGet, "http://127.0.0.1:3/", "", nil)
	if _, err := try(s, r); err == nil || !strings.Contains(err.Error(), "nothing listens on 127.0.0.1:3 in memory") {
		t.Errorf("error %v", err)
	}
}

func TestServer_Close_twice_and_calls_afterwards(t *testing.T) {
	t.Parallel()
	for _, inMemory := range []bool{true, false} {
		s := authtest.NewServer(authtest.Config{InMemory: inMemory})
		me(t, s, http.StatusOK, s.Issue("bob").AccessToken)
		s.Close()
		s.Close()
		if _, err := try(s, request(t.Context(), t, s, http.MethodGet, "/me", "", nil)); err == nil {
			t.Errorf("in memory %v: a closed server answered", inMemory)
		}
		s.ExpireAccess()
		if st := s.Stats(); st.APICalls != 1 {
			t.Errorf("in memory %v: %+v", inMemory, st)
		}
	}
}

func TestServer_Handler_shares_the_state(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	tls := httptest.NewTLSServer(s.Handler())
	defer tls.Close()
	r := request(t.Context(), t, s, http.MethodGet, tls.URL+"/me", "", bearer(s.Issue("bob").AccessToken))
	resp, err := tls.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK || s.Stats().APICalls != 1 {
		t.Errorf("status %d, stats %+v", resp.StatusCode, s.Stats())
	}
}

func TestServer_Handler_keeps_no_request_that_is_over(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	s.HoldAPI(2)
	ctx, cancel := context.WithCancel(t.Context())
	for i, end := range []func(){cancel, s.Close} { // with its client, with the server
		mounted := httptest.NewUnstartedServer(s.Handler())
		mounted.Config.ErrorLog = log.New(io.Discard, "", 0)
		mounted.Start()
		result := make(chan error)
		r := request(ctx, t, s, http.MethodGet, mounted.URL+"/me", "", nil)
		go func() {
			resp, err := mounted.Client().Do(r)
			if err == nil {
				_ = resp.Body.Close()
			}
			result <- err
		}()
		if err := s.Wait(t.Context(), func(st authtest.Stats) bool { return st.APICalls == i+1 }); err != nil {
			t.Fatal(err)
		}
		end()
		if err := <-result; err == nil {
			t.Error("a held request was answered")
		}
		mounted.Close() // waits for every request that is not over
		ctx = t.Context()
	}
}

func TestServer_Handler_drops_a_stream_of_HTTP_2(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	tls := httptest.NewUnstartedServer(s.Handler())
	tls.EnableHTTP2 = true
	tls.Config.ErrorLog = log.New(io.Discard, "", 0)
	tls.StartTLS()
	defer tls.Close()
	s.DropAfterRotate(1)
	body := `{"refreshToken":"` + s.Issue("bob").RefreshToken + `"}`
	for i := range 2 {
		resp, err := tls.Client().Do(request(t.Context(), t, s, http.MethodPost, tls.URL+"/auth/refresh", body, nil))
		if i == 0 {
			if err == nil {
				_ = resp.Body.Close()
				t.Errorf("answered %s", resp.Status)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.ProtoMajor != 2 || resp.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s %s", resp.Proto, resp.Status)
		}
	}
	checkStats(t, s, authtest.Stats{Refreshes: 2, Rotations: 1, Refusals: 1, Reuses: 1, RevokedSessions: 1})
}

func TestServer_Reconfigure(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{Users: authtest.Secrets{"bob": "pw"}})
	for name, change := range map[string]func(*authtest.Config){
		"Addr":     func(c *authtest.Config) { c.Addr = "127.0.0.1:99" },
		"InMemory": func(c *authtest.Config) { c.InMemory = false },
		"Issuer":   func(c *authtest.Config) { c.Issuer = "https://elsewhere.test" },
	} {
		want := "authtest: " + name + " cannot change while the server runs; start another one"
		if err := s.Reconfigure(change); err == nil || err.Error() != want {
			t.Errorf("changing %s: error %v", name, err)
		}
	}
	if err := s.Reconfigure(func(c *authtest.Config) { c.RefreshStatus = 200; c.AccessTTL = -1 }); err == nil {
		t.Error("a negative lifetime gave no error")
	}
	if err := s.Reconfigure(func(c *authtest.Config) { c.Users["bob"], c.Shape = "new", "round" }); err == nil {
		t.Error("an unknown shape gave no error")
	}
	refresh(t, s, http.StatusCreated, s.Issue("bob").RefreshToken) // nothing has changed
	call(t, s, http.StatusOK, http.MethodPost, "/auth/login", `{"username":"bob","password":"pw"}`, nil)
	reconfigure(t, s, func(c *authtest.Config) {
		if c.Users["bob"] != "pw" || c.RefreshStatus != http.StatusCreated || c.AccessTTL != 5*time.Minute {
			t.Errorf("the function got %+v", c)
		}
		c.Users["carol"] = "pw2"
		c.RefreshStatus = http.StatusOK
	})
	refresh(t, s, http.StatusOK, s.Issue("bob").RefreshToken)
	call(t, s, http.StatusOK, http.MethodPost, "/auth/login", `{"username":"carol","password":"pw2"}`, nil)
}

func TestServer_Reconfigure_leaves_the_callers_maps_alone(t *testing.T) {
	t.Parallel()
	users := authtest.Secrets{"bob": "pw"}
	s := newServer(t, authtest.Config{Users: users})
	reconfigure(t, s, func(c *authtest.Config) { c.Users["bob"] = "changed" })
	if users["bob"] != "pw" {
		t.Error("the map given to NewServer was changed")
	}
	users["bob"] = "mine"
	call(t, s, http.StatusOK, http.MethodPost, "/auth/login", `{"username":"bob","password":"changed"}`, nil)
}

func TestStart_reports_everything_that_is_wrong(t *testing.T) {
	t.Parallel()
	_, err := authtest.Start(authtest.Config{
		AccessTTL: -1, RefreshTTL: -2, ReuseGrace: -3,
		Rotation: "never", Shape: "round", ExpiresIn: "soon",
		RefreshStatus: 101, ExpiredStatus: 600, RejectScope: 1, RefusedStatus: 99,
		RedirectStatus: 200, TokenRedirect: "/relative",
	})
	if err == nil {
		t.Fatal("no error")
	}
	lines := strings.Split(err.Error(), "\n")
	for _, field := range []string{
		"AccessTTL", "RefreshTTL", "ReuseGrace", "Rotation", "Shape", "ExpiresIn",
		"RefreshStatus", "ExpiredStatus", "RejectScope", "RefusedStatus", "RedirectStatus", "TokenRedirect",
	} {
		found := false
		for _, line := range lines {
			found = found || strings.HasPrefix(line, "authtest: "+field+" ")
		}
		if !found {
			t.Errorf("no line about %s in\n%v", field, err)
		}
	}
	if len(lines) != 12 {
		t.Errorf("%d lines, want 12", len(lines))
	}
}
