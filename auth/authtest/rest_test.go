package authtest_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

func TestREST_login(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{AccessTTL: time.Minute})
	a := call(t, s, http.StatusOK, http.MethodPost, "/auth/login", `{"username":"alice","password":"wonderland"}`, nil)
	m := a.object(t)
	if got := slices.Sorted(maps.Keys(m)); !slices.Equal(got, []string{"accessToken", "expiresIn", "refreshToken"}) {
		t.Errorf("members %v", got)
	}
	if m["expiresIn"] != 60.0 {
		t.Errorf("expiresIn %v", m["expiresIn"])
	}
	if a.header.Get("Cache-Control") != "no-store" || a.header.Get("Content-Type") != "application/json" {
		t.Errorf("header %v", a.header)
	}
	if got := me(t, s, http.StatusOK, a.member(t, "accessToken")).body; got != `{"id":"alice","username":"alice"}`+"\n" {
		t.Errorf("/me answered %s", got)
	}
	checkStats(t, s, authtest.Stats{Logins: 1, Sessions: 1, APICalls: 1})
}

func TestREST_login_refused(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	for _, body := range []string{
		`{"username":"alice","password":"wrong"}`, `{"username":"nobody","password":""}`, `{"username":1}`, `{}`,
	} {
		a := call(t, s, http.StatusUnauthorized, http.MethodPost, "/auth/login", body, nil)
		if a.member(t, "message") != "Invalid credentials" {
			t.Errorf("%s: %s", body, a.body)
		}
	}
	for _, e := range s.Timeline() {
		if e.User == "nobody" {
			t.Error("an unknown name, perhaps a password, is in the timeline")
		}
	}
	checkStats(t, s, authtest.Stats{})
}

func TestREST_rejects_bodies_that_are_no_object(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	for _, path := range []string{"/auth/login", "/auth/refresh", "/auth/logout"} {
		for _, body := range []string{"", "null", "[]", `"x"`, "{", `{} {}`, "refreshToken=x", `{"a":"` + strings.Repeat("x", 1<<20) + `"}`} {
			a := call(t, s, http.StatusBadRequest, http.MethodPost, path, body, nil)
			if a.member(t, "message") != "The body must be one JSON object" {
				t.Errorf("%s: %s", path, a.body)
			}
		}
		call(t, s, http.StatusMethodNotAllowed, http.MethodGet, path, "", nil)
	}
	checkStats(t, s, authtest.Stats{Refreshes: 8})
}

func TestREST_refresh(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	p := s.Issue("bob")
	a := refresh(t, s, http.StatusCreated, p.RefreshToken)
	access, next := a.member(t, "accessToken"), a.member(t, "refreshToken")
	if access == "" || access == p.AccessToken || next == "" || next == p.RefreshToken {
		t.Error("the tokens are not new")
	}
	if a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("header %v", a.header)
	}
	me(t, s, http.StatusOK, access)
	me(t, s, http.StatusOK, p.AccessToken) // lives to its expiry
	refresh(t, s, http.StatusCreated, next)
	checkStats(t, s, authtest.Stats{Refreshes: 2, Rotations: 2, Sessions: 1, APICalls: 2})
}

func TestREST_refresh_refused(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	for _, body := range []string{`{"refreshToken":"unknown"}`, `{}`, `{"refreshToken":7}`} {
		a := call(t, s, http.StatusUnauthorized, http.MethodPost, "/auth/refresh", body, nil)
		if a.body != `{"message":"Invalid refresh token"}` {
			t.Errorf("%s: %s", body, a.body)
		}
	}
	checkStats(t, s, authtest.Stats{Refreshes: 3, Refusals: 3})
	reconfigure(t, s, func(c *authtest.Config) { c.RefusedStatus, c.RefusedBody = 422, "<p>no</p>" })
	a := refresh(t, s, 422, "unknown")
	if a.body != "<p>no</p>" || a.header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("%v %s", a.header, a.body)
	}
}

func TestREST_shapes_and_names(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{Shape: authtest.StringShape, RefreshStatus: http.StatusOK})
	p := s.Issue("bob")
	a := refresh(t, s, http.StatusOK, p.RefreshToken)
	token := strings.Trim(strings.TrimSpace(a.body), `"`)
	if a.header.Get("Content-Type") != "application/json" || !strings.HasPrefix(a.body, `"`) {
		t.Errorf("string shape: %v %s", a.header, a.body)
	}
	me(t, s, http.StatusOK, token)

	reconfigure(t, s, func(c *authtest.Config) { c.Shape = authtest.TextShape })
	a = refresh(t, s, http.StatusOK, p.RefreshToken) // not spent: there was no room for another
	if a.header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("text shape: %v", a.header)
	}
	me(t, s, http.StatusOK, a.body)

	reconfigure(t, s, func(c *authtest.Config) {
		c.Shape, c.AccessField, c.RefreshField, c.ExpiresField = authtest.ObjectShape, "token", "renewal", "ttl"
	})
	a = call(t, s, http.StatusOK, http.MethodPost, "/auth/refresh", `{"renewal":"`+p.RefreshToken+`"}`, nil)
	if got := slices.Sorted(maps.Keys(a.object(t))); !slices.Equal(got, []string{"renewal", "token", "ttl"}) {
		t.Errorf("members %v", got)
	}
	refresh(t, s, http.StatusOK, a.member(t, "renewal")) // the usual name is understood, too
}

func TestREST_logout(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	p := s.Issue("bob")
	for range 2 { // the second time the token is unknown, which is not an error
		call(t, s, http.StatusNoContent, http.MethodPost, "/auth/logout", `{"refreshToken":"`+p.RefreshToken+`"}`, nil)
	}
	me(t, s, http.StatusUnauthorized, p.AccessToken)
	refresh(t, s, http.StatusUnauthorized, p.RefreshToken)
	checkStats(t, s, authtest.Stats{
		Refreshes: 1, Refusals: 1, Revocations: 2, RevokedSessions: 1, APICalls: 1, Unauthorized: 1,
	})
}
