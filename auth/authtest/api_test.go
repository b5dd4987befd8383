package authtest_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

func TestAPI_denies(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	p := s.Issue("bob")
	const missing, invalid = `{"message":"Missing access token"}`, `{"message":"Invalid JWT"}`
	for _, c := range []struct {
		name, authorization, body, challenge string
	}{
		{"nothing", "", missing, `Bearer realm="authtest"`}, // no error code: RFC 6750, section 3.1
		{"unknown token", "Bearer x", invalid, `Bearer realm="authtest", error="invalid_token", error_description="The access token expired"`},
		{"refresh token", "Bearer " + p.RefreshToken, invalid, `Bearer realm="authtest", error="invalid_token", error_description="The access token expired"`},
		{"other scheme", "Basic " + p.AccessToken, invalid, `Bearer realm="authtest", error="invalid_token", error_description="The access token expired"`},
		{"no token", "Bearer", invalid, `Bearer realm="authtest", error="invalid_token", error_description="The access token expired"`},
	} {
		h := http.Header{}
		if c.authorization != "" {
			h.Set("Authorization", c.authorization)
		}
		a := call(t, s, http.StatusUnauthorized, http.MethodGet, "/me", "", h)
		if a.body != c.body || a.header.Get("WWW-Authenticate") != c.challenge {
			t.Errorf("%s: %s, %s", c.name, a.body, a.header.Get("WWW-Authenticate"))
		}
	}
	call(t, s, http.StatusOK, http.MethodGet, "/me", "", http.Header{"Authorization": {"bearer  " + p.AccessToken}})
	checkStats(t, s, authtest.Stats{Sessions: 1, APICalls: 6, Unauthorized: 5})
}

func TestAPI_denies_as_configured(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{ExpiredStatus: http.StatusForbidden, OmitChallenge: true})
	a := me(t, s, http.StatusForbidden, "x")
	if a.header.Get("WWW-Authenticate") != "" || a.body != `{"message":"Invalid JWT"}` {
		t.Errorf("%v %s", a.header, a.body)
	}
	reconfigure(t, s, func(c *authtest.Config) { c.ExpiredStatus, c.ExpiredBody = http.StatusUnauthorized, `"jwt expired"` })
	if a = me(t, s, http.StatusUnauthorized, "x"); a.body != `"jwt expired"` {
		t.Errorf("%s", a.body)
	}
	reconfigure(t, s, func(c *authtest.Config) { c.ExpiredStatus, c.ExpiredBody, c.OmitChallenge = http.StatusOK, "", false })
	if a = me(t, s, http.StatusOK, "x"); a.body != "[]" || a.header.Get("WWW-Authenticate") != "" {
		t.Errorf("%v %s", a.header, a.body)
	}
	call(t, s, http.StatusUnauthorized, http.MethodGet, "/me", "", nil) // nobody is not somebody expired
	checkStats(t, s, authtest.Stats{APICalls: 4, Unauthorized: 4})
}

func TestConfig_RejectScope(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{RejectScope: http.StatusForbidden})
	p := s.Issue("bob")
	a := me(t, s, http.StatusForbidden, p.AccessToken)
	if got := a.header.Get("WWW-Authenticate"); got != `Bearer realm="authtest", error="insufficient_scope", scope="admin"` {
		t.Errorf("challenge %s", got)
	}
	me(t, s, http.StatusUnauthorized, "x") // a bad token is still a bad token
	reconfigure(t, s, func(c *authtest.Config) { c.RejectScope = http.StatusUnauthorized })
	me(t, s, http.StatusUnauthorized, p.AccessToken)
	checkStats(t, s, authtest.Stats{Sessions: 1, APICalls: 3, Unauthorized: 1})
}

func TestAPI_echo(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	p := s.Issue("bob")
	h := bearer(p.AccessToken)
	h.Set("X-Trace", "7")
	a := call(t, s, http.StatusOK, http.MethodPatch, "/echo?q=1&q=2", "héllo", h)
	var e authtest.Echo
	if err := json.Unmarshal([]byte(a.body), &e); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte("héllo"))
	if e.Method != http.MethodPatch || e.Path != "/echo" || strings.Join(e.Query["q"], ",") != "1,2" ||
		e.Header.Get("X-Trace") != "7" || e.User != "bob" || e.Body != "héllo" || e.Size != 6 ||
		e.SHA256 != hex.EncodeToString(sum[:]) {
		t.Errorf("%+v", e)
	}
	if e.Header.Get("Authorization") != "REDACTED" || strings.Contains(a.body, p.AccessToken) {
		t.Error("the echo holds the access token")
	}
	call(t, s, http.StatusUnauthorized, http.MethodPost, "/echo", "x", nil)
}

func TestAPI_public_echo_asks_for_nothing(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	for _, h := range []http.Header{nil, bearer("bad")} {
		a := call(t, s, http.StatusOK, http.MethodGet, "/public/echo", "", h)
		if a.member(t, "user") != "" {
			t.Errorf("%s", a.body)
		}
	}
}

func TestAPI_echo_of_a_large_or_binary_body(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	for name, c := range map[string]struct {
		body string
		want int
	}{
		"large":        {strings.Repeat("x", 200<<10), 64 << 10},
		"exactly full": {strings.Repeat("x", 64<<10), 64 << 10},
		"binary":       {"\xff\xfe\x00", 0},
	} {
		a := call(t, s, http.StatusOK, http.MethodPost, "/public/echo", c.body, nil)
		var e authtest.Echo
		if err := json.Unmarshal([]byte(a.body), &e); err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256([]byte(c.body))
		if e.Size != int64(len(c.body)) || e.SHA256 != hex.EncodeToString(sum[:]) || len(e.Body) != c.want {
			t.Errorf("%s: size %d, %d shown, hash as expected %v", name, e.Size, len(e.Body), e.SHA256 == hex.EncodeToString(sum[:]))
		}
	}
}

func TestAPI_echo_of_a_body_that_breaks_off(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	r := request(t.Context(), t, s, http.MethodPost, "/public/echo", "", nil)
	broken := errors.New("broken")
	pr, pw := io.Pipe()
	_ = pw.CloseWithError(broken)
	r.Body, r.ContentLength = pr, -1
	if _, err := try(s, r); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	failed := func(st authtest.Stats) bool { return st.APICalls == 1 }
	if err := s.Wait(t.Context(), failed); err != nil {
		t.Fatal(err)
	}
}

func TestAPI_refused_upload_sees_the_answer(t *testing.T) {
	t.Parallel()
	for _, inMemory := range []bool{true, false} {
		s := authtest.NewServer(authtest.Config{InMemory: inMemory})
		big := strings.Repeat("x", 4<<20)
		for range 3 {
			call(t, s, http.StatusUnauthorized, http.MethodPost, "/echo", big, bearer("bad"))
		}
		r := request(t.Context(), t, s, http.MethodPost, "/echo", big, bearer("bad"))
		r.Header.Set("Expect", "100-continue")
		if a, err := try(s, r); err != nil || a.status != http.StatusUnauthorized {
			t.Errorf("in memory %v: %v, %v", inMemory, a, err)
		}
		s.Close()
	}
}

func TestAPI_status(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	p := s.Issue("bob")
	for _, path := range []string{"/status/200", "/status/404", "/status/503", "/status/401"} {
		want := map[string]int{"/status/200": 200, "/status/404": 404, "/status/503": 503, "/status/401": 401}[path]
		if a := call(t, s, want, http.MethodGet, path, "", bearer(p.AccessToken)); a.object(t)["status"] != float64(want) {
			t.Errorf("%s: %s", path, a.body)
		}
		call(t, s, want, http.MethodDelete, path, "", nil)
	}
	if a := call(t, s, http.StatusNoContent, http.MethodGet, "/status/204", "", nil); a.body != "" {
		t.Errorf("204: %q", a.body)
	}
	if a := call(t, s, http.StatusNotModified, http.MethodGet, "/status/304", "", nil); a.body != "" {
		t.Errorf("304: %q", a.body)
	}
	for _, path := range []string{"/status/100", "/status/600", "/status/x"} {
		call(t, s, http.StatusBadRequest, http.MethodGet, path, "", nil)
	}
	call(t, s, http.StatusUnauthorized, http.MethodGet, "/status/200", "", bearer("bad"))
	if st := s.Stats(); st.Unauthorized != 1 { // the 401 that was asked for is none of the server's
		t.Errorf("%+v", st)
	}
}

func TestAPI_bytes(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	for n, path := range map[int]string{0: "/bytes/0", 27: "/bytes/27", 100_000: "/bytes/100000"} {
		a := call(t, s, http.StatusOK, http.MethodGet, path, "", nil)
		want := strings.Repeat("abcdefghijklmnopqrstuvwxyz", n/26+1)[:n]
		if a.body != want || a.header.Get("Content-Type") != "application/octet-stream" {
			t.Errorf("%s: %d bytes, header %v", path, len(a.body), a.header)
		}
	}
	if a := call(t, s, http.StatusOK, http.MethodHead, "/bytes/5000000000", "", nil); a.header.Get("Content-Length") != "5000000000" {
		t.Errorf("HEAD: %v", a.header)
	}
	call(t, s, http.StatusBadRequest, http.MethodGet, "/bytes/-1", "", nil)
	call(t, s, http.StatusBadRequest, http.MethodGet, "/bytes/many", "", nil)
	call(t, s, http.StatusUnauthorized, http.MethodGet, "/bytes/1", "", bearer("bad"))
}

func TestAPI_bytes_ends_with_the_client(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, authtest.Config{})
		ctx, cancel := context.WithCancel(t.Context())
		resp, err := s.Client().Do(request(ctx, t, s, http.MethodGet, "/bytes/1000000000000", "", nil))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(resp.Body, make([]byte, 100_000)); err != nil {
			t.Error(err)
		}
		cancel()
		_ = resp.Body.Close()
		synctest.Wait()
		if kinds := s.Timeline().Kinds(); len(kinds) != 1 || kinds[0] != authtest.EventAPI {
			t.Errorf("the handler has not ended:\n%s", s.Timeline())
		}
	})
}

func TestAPI_redirect(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	p := s.Issue("bob")
	a := call(t, s, http.StatusFound, http.MethodGet, "/redirect?to=/me", "", bearer(p.AccessToken))
	if a.header.Get("Location") != "/me" {
		t.Errorf("%v", a.header)
	}
	call(t, s, http.StatusTemporaryRedirect, http.MethodPost, "/redirect?to=/me&status=307", "", nil)
	for _, path := range []string{"/redirect", "/redirect?to=/me&status=200", "/redirect?to=/me&status=x"} {
		call(t, s, http.StatusBadRequest, http.MethodGet, path, "", nil)
	}
	call(t, s, http.StatusUnauthorized, http.MethodGet, "/redirect?to=/me", "", bearer("bad"))
}

func TestAPI_unknown_path(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	call(t, s, http.StatusNotFound, http.MethodGet, "/nowhere", "", nil)
	call(t, s, http.StatusNotFound, http.MethodGet, "/_control/stats", "", nil)
	checkStats(t, s, authtest.Stats{})
}
