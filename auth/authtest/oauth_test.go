package authtest_test

import (
	"encoding/base64"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

func TestOAuth_password_grant(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	a := form(t, s, http.StatusOK, "/oauth/token", nil,
		"grant_type", "password", "username", authtest.DefaultUser, "password", authtest.DefaultPassword)
	m := a.object(t)
	if got := slices.Sorted(maps.Keys(m)); !slices.Equal(got, []string{"access_token", "expires_in", "refresh_token", "token_type"}) {
		t.Errorf("members %v", got)
	}
	if m["token_type"] != "Bearer" || m["expires_in"] != 300.0 {
		t.Errorf("%v", m)
	}
	if a.header.Get("Cache-Control") != "no-store" || a.header.Get("Pragma") != "no-cache" {
		t.Errorf("header %v", a.header)
	}
	me(t, s, http.StatusOK, a.member(t, "access_token"))
	checkStats(t, s, authtest.Stats{Logins: 1, Sessions: 1, APICalls: 1})
}

func TestOAuth_refresh_grant(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	p := s.Issue("bob")
	a := form(t, s, http.StatusOK, "/oauth/token", nil, "grant_type", "refresh_token", "refresh_token", p.RefreshToken)
	me(t, s, http.StatusOK, a.member(t, "access_token"))
	b := form(t, s, http.StatusBadRequest, "/oauth/token", nil, "grant_type", "refresh_token", "refresh_token", p.RefreshToken)
	if got := b.object(t); got["error"] != "invalid_grant" || got["error_description"] != "refresh token #1 was spent; #2 is the newest" {
		t.Errorf("%v", got)
	}
	if strings.Contains(b.body, p.RefreshToken) {
		t.Error("the error holds the token")
	}
	checkStats(t, s, authtest.Stats{Refreshes: 2, Rotations: 1, Refusals: 1, Reuses: 1, RevokedSessions: 1, APICalls: 1})
}

func TestOAuth_refused_as_configured(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{RefusedStatus: http.StatusUnauthorized})
	a := form(t, s, http.StatusUnauthorized, "/oauth/token", nil, "grant_type", "refresh_token", "refresh_token", "x")
	if a.member(t, "error") != "invalid_grant" {
		t.Errorf("%s", a.body)
	}
	reconfigure(t, s, func(c *authtest.Config) { c.RefusedStatus, c.RefusedBody = 0, `{"code":"refresh_token_already_used"}` })
	a = form(t, s, http.StatusBadRequest, "/oauth/token", nil, "grant_type", "refresh_token", "refresh_token", "x")
	if a.body != `{"code":"refresh_token_already_used"}` {
		t.Errorf("%s", a.body)
	}
}

func TestOAuth_errors(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	json := http.Header{"Content-Type": {"application/json"}}
	for _, c := range []struct {
		name, path, code string
		header           http.Header
		pairs            []string
	}{
		{"no grant type", "/oauth/token", "invalid_request", nil, nil},
		{"other grant type", "/oauth/token", "unsupported_grant_type", nil, []string{"grant_type", "implicit"}},
		{"client credentials without a client", "/oauth/token", "unauthorized_client", nil, []string{"grant_type", "client_credentials"}},
		{"no refresh token", "/oauth/token", "invalid_request", nil, []string{"grant_type", "refresh_token"}},
		{"repeated parameter", "/oauth/token", "invalid_request", nil, []string{"grant_type", "password", "grant_type", "password"}},
		{"not a form", "/oauth/token", "invalid_request", json, []string{"grant_type", "password"}},
		{"wrong password", "/oauth/token", "invalid_grant", nil, []string{"grant_type", "password", "username", "alice", "password", "x"}},
		{"parameters in the query", "/oauth/token?grant_type=password", "invalid_request", nil, nil},
		{"query that cannot be read", "/oauth/token?%zz", "invalid_request", nil, []string{"grant_type", "password"}},
		{"no token to revoke", "/oauth/revoke", "invalid_request", nil, nil},
		{"revocation without a form", "/oauth/revoke", "invalid_request", json, []string{"token", "x"}},
	} {
		a := form(t, s, http.StatusBadRequest, c.path, c.header, c.pairs...)
		if a.member(t, "error") != c.code || a.member(t, "error_description") == "" {
			t.Errorf("%s: %s", c.name, a.body)
		}
		if a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: header %v", c.name, a.header)
		}
	}
	checkStats(t, s, authtest.Stats{Refreshes: 1})
}

func TestOAuth_clients(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{Clients: authtest.Secrets{"app": "s:cret", "public": ""}})
	basic := func(user, password string) http.Header {
		return http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))}}
	}
	login := []string{"grant_type", "password", "username", "alice", "password", "wonderland"}
	with := func(pairs ...string) []string { return append(slices.Clone(login), pairs...) }

	a := form(t, s, http.StatusOK, "/oauth/token", basic("app", "s%3Acret"), login...)
	form(t, s, http.StatusOK, "/oauth/token", nil, with("client_id", "app", "client_secret", "s:cret")...)
	form(t, s, http.StatusOK, "/oauth/token", nil, with("client_id", "public")...)

	for name, c := range map[string]struct {
		header http.Header
		pairs  []string
	}{
		"nobody":         {nil, login},
		"wrong secret":   {nil, with("client_id", "app", "client_secret", "wrong")},
		"wrong password": {basic("app", "wrong"), login},
	} {
		b := form(t, s, http.StatusUnauthorized, "/oauth/token", c.header, c.pairs...)
		if b.member(t, "error") != "invalid_client" || b.header.Get("WWW-Authenticate") != `Basic realm="authtest"` {
			t.Errorf("%s: %v %s", name, b.header, b.body)
		}
	}
	for name, c := range map[string]struct {
		header http.Header
		pairs  []string
	}{
		"two ways":            {basic("app", "s%3Acret"), with("client_id", "app", "client_secret", "s:cret")},
		"id not encoded":      {basic("%zz", "s%3Acret"), login},
		"secret not encoded":  {basic("app", "%zz"), login},
		"repeated and nobody": {nil, with("username", "alice")},
	} {
		if b := form(t, s, http.StatusBadRequest, "/oauth/token", c.header, c.pairs...); b.member(t, "error") != "invalid_request" {
			t.Errorf("%s: %s", name, b.body)
		}
	}

	// A refresh token works for its client only (RFC 6749, section 6), and so does revocation.
	token := a.member(t, "refresh_token")
	other := []string{"grant_type", "refresh_token", "refresh_token", token, "client_id", "public"}
	if b := form(t, s, http.StatusBadRequest, "/oauth/token", nil, other...); b.member(t, "error") != "invalid_grant" {
		t.Errorf("another client: %s", b.body)
	}
	form(t, s, http.StatusOK, "/oauth/revoke", nil, "token", token, "client_id", "public")
	access := a.member(t, "access_token")
	form(t, s, http.StatusOK, "/oauth/revoke", nil, "token", access, "client_id", "public")
	me(t, s, http.StatusOK, access)
	form(t, s, http.StatusOK, "/oauth/revoke", basic("app", "s%3Acret"), "token", access)
	me(t, s, http.StatusUnauthorized, access)
	form(t, s, http.StatusOK, "/oauth/token", basic("app", "s%3Acret"), "grant_type", "refresh_token", "refresh_token", token)
	if b := form(t, s, http.StatusUnauthorized, "/oauth/token", nil, "grant_type", "refresh_token", "refresh_token", token); b.member(t, "error") != "invalid_client" {
		t.Errorf("no client: %s", b.body)
	}
	form(t, s, http.StatusUnauthorized, "/oauth/revoke", nil, "token", token)
}

func TestOAuth_revoke(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	p, q := s.Issue("bob"), s.Issue("bob")
	form(t, s, http.StatusOK, "/oauth/revoke", nil, "token", "unknown", "token_type_hint", "whatever")
	form(t, s, http.StatusOK, "/oauth/revoke", nil, "token", p.AccessToken)
	me(t, s, http.StatusUnauthorized, p.AccessToken)
	a := refresh(t, s, http.StatusCreated, p.RefreshToken) // the session lives on
	form(t, s, http.StatusOK, "/oauth/revoke", nil, "token", a.member(t, "refreshToken"), "token_type_hint", "refresh_token")
	me(t, s, http.StatusUnauthorized, a.member(t, "accessToken"))
	refresh(t, s, http.StatusUnauthorized, a.member(t, "refreshToken"))
	me(t, s, http.StatusOK, q.AccessToken) // another session of the same user
	checkStats(t, s, authtest.Stats{
		Refreshes: 2, Rotations: 1, Refusals: 1, Revocations: 3, RevokedSessions: 1, Sessions: 1, APICalls: 3, Unauthorized: 2,
	})
}
