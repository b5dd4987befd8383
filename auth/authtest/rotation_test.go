package authtest_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

func TestRotation_reuse_ends_the_session(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	p, other := s.Issue("bob"), s.Issue("bob")
	a := refresh(t, s, http.StatusCreated, p.RefreshToken)
	refresh(t, s, http.StatusUnauthorized, p.RefreshToken)
	me(t, s, http.StatusUnauthorized, p.AccessToken)
	me(t, s, http.StatusUnauthorized, a.member(t, "accessToken"))
	refresh(t, s, http.StatusUnauthorized, a.member(t, "refreshToken")) // the winner's token is dead, too
	me(t, s, http.StatusOK, other.AccessToken)
	checkStats(t, s, authtest.Stats{
		Refreshes: 3, Rotations: 1, Refusals: 2, Reuses: 1, RevokedSessions: 1, Sessions: 1, APICalls: 3, Unauthorized: 2,
	})
}

func TestRotation_reuse_can_keep_the_session(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{ReuseKeepsSession: true})
	p := s.Issue("bob")
	a := refresh(t, s, http.StatusCreated, p.RefreshToken)
	refresh(t, s, http.StatusUnauthorized, p.RefreshToken)
	me(t, s, http.StatusOK, a.member(t, "accessToken"))
	refresh(t, s, http.StatusCreated, a.member(t, "refreshToken"))
	checkStats(t, s, authtest.Stats{Refreshes: 3, Rotations: 2, Refusals: 1, Reuses: 1, Sessions: 1, APICalls: 1})
}

func TestRotation_grace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, authtest.Config{ReuseGrace: 3 * time.Second})
		p := s.Issue("bob")
		a := refresh(t, s, http.StatusCreated, p.RefreshToken)
		elapse(3*time.Second - 1)
		if b := refresh(t, s, http.StatusCreated, p.RefreshToken); b.body != a.body {
			t.Error("within the grace another pair was given")
		}
		checkStats(t, s, authtest.Stats{Refreshes: 2, Rotations: 2, Sessions: 1})
		elapse(1)
		refresh(t, s, http.StatusUnauthorized, p.RefreshToken)
		checkStats(t, s, authtest.Stats{Refreshes: 3, Rotations: 2, Refusals: 1, Reuses: 1, RevokedSessions: 1})
	})
}

func TestRotation_grace_is_for_the_direct_parent_only(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, authtest.Config{ReuseGrace: time.Minute})
		p := s.Issue("bob")
		a := refresh(t, s, http.StatusCreated, p.RefreshToken)
		refresh(t, s, http.StatusCreated, a.member(t, "refreshToken"))
		refresh(t, s, http.StatusUnauthorized, p.RefreshToken)
		checkStats(t, s, authtest.Stats{Refreshes: 3, Rotations: 2, Refusals: 1, Reuses: 1, RevokedSessions: 1})
	})
}

func TestRotation_grace_that_mints(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, authtest.Config{ReuseGrace: time.Minute, GraceMints: true})
		p := s.Issue("bob")
		a := refresh(t, s, http.StatusCreated, p.RefreshToken)
		b := refresh(t, s, http.StatusCreated, p.RefreshToken)
		if a.member(t, "refreshToken") == b.member(t, "refreshToken") {
			t.Error("the same pair was given again")
		}
		refresh(t, s, http.StatusCreated, a.member(t, "refreshToken"))
		refresh(t, s, http.StatusCreated, b.member(t, "refreshToken"))
	})
}

func TestRotation_kinds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind authtest.Rotation
		want func(presented string) (any, bool)
	}{
		{authtest.RepeatRefreshToken, func(p string) (any, bool) { return p, true }},
		{authtest.OmitRefreshToken, func(string) (any, bool) { return nil, false }},
		{authtest.BlankRefreshToken, func(string) (any, bool) { return "", true }},
	} {
		t.Run(string(c.kind), func(t *testing.T) {
			t.Parallel()
			s := newServer(t, authtest.Config{Rotation: c.kind})
			login := call(t, s, http.StatusOK, http.MethodPost, "/auth/login", `{"username":"alice","password":"wonderland"}`, nil)
			token := login.member(t, "refreshToken")
			if token == "" {
				t.Fatal("the login gave no refresh token")
			}
			want, present := c.want(token)
			a := refresh(t, s, http.StatusCreated, token).object(t)
			if got, ok := a["refreshToken"]; got != want || ok != present {
				t.Errorf("REST: present %v, as expected %v", ok, got == want)
			}
			b := form(t, s, http.StatusOK, "/oauth/token", nil, "grant_type", "refresh_token", "refresh_token", token).object(t)
			if got, ok := b["refresh_token"]; got != want || ok != present {
				t.Errorf("OAuth: present %v, as expected %v", ok, got == want)
			}
			checkStats(t, s, authtest.Stats{Logins: 1, Refreshes: 2, Rotations: 2, Sessions: 1})
		})
	}
}

func TestConfig_lifetimes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, authtest.Config{AccessTTL: time.Minute, RefreshTTL: time.Hour})
		p := s.Issue("bob")
		if want := time.Now().Add(time.Minute); !p.Expiry.Equal(want) {
			t.Errorf("expiry %v, want %v", p.Expiry, want)
		}
		elapse(time.Minute - 1)
		me(t, s, http.StatusOK, p.AccessToken)
		elapse(1)
		me(t, s, http.StatusUnauthorized, p.AccessToken)
		elapse(59*time.Minute - 1)
		p2 := refresh(t, s, http.StatusCreated, p.RefreshToken)
		elapse(time.Hour)
		a := form(t, s, http.StatusBadRequest, "/oauth/token", nil,
			"grant_type", "refresh_token", "refresh_token", p2.member(t, "refreshToken"))
		if got := a.member(t, "error_description"); got != "refresh token #2 is expired" {
			t.Errorf("error_description %q", got)
		}
		checkStats(t, s, authtest.Stats{Refreshes: 2, Rotations: 1, Refusals: 1, APICalls: 2, Unauthorized: 1})
	})
}

func TestConfig_ExpireOnRefresh(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{ExpireOnRefresh: true})
	p, other := s.Issue("bob"), s.Issue("bob")
	a := refresh(t, s, http.StatusCreated, p.RefreshToken)
	me(t, s, http.StatusUnauthorized, p.AccessToken)
	me(t, s, http.StatusOK, a.member(t, "accessToken"))
	me(t, s, http.StatusOK, other.AccessToken)
}

func TestConfig_RepeatAccessToken(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{RepeatAccessToken: true})
	p := s.Issue("bob")
	s.ExpireAccess()
	me(t, s, http.StatusUnauthorized, p.AccessToken)
	a := refresh(t, s, http.StatusCreated, p.RefreshToken)
	if a.member(t, "accessToken") != p.AccessToken {
		t.Error("the access token is another one")
	}
	me(t, s, http.StatusOK, p.AccessToken)
}

func TestConfig_ExpiresIn(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{AccessTTL: 90 * time.Second, Rotation: authtest.RepeatRefreshToken})
	token := s.Issue("bob").RefreshToken
	for kind, want := range map[authtest.ExpiresIn]string{
		authtest.ExpiresInSeconds:     `"expiresIn":90,`,
		authtest.ExpiresInString:      `"expiresIn":"90",`,
		authtest.ExpiresInNull:        `"expiresIn":null,`,
		authtest.ExpiresInNanoseconds: `"expiresIn":90000000000,`,
		authtest.ExpiresInNegative:    `"expiresIn":-90,`,
		authtest.ExpiresInHuge:        `"expiresIn":1e300,`,
		authtest.ExpiresInAbsent:      "",
	} {
		reconfigure(t, s, func(c *authtest.Config) { c.ExpiresIn = kind })
		a := refresh(t, s, http.StatusCreated, token)
		_, has := a.object(t)["expiresIn"]
		if !strings.Contains(a.body, want) || has != (want != "") {
			t.Errorf("%q: %v", kind, a.object(t)["expiresIn"])
		}
		b := form(t, s, http.StatusOK, "/oauth/token", nil, "grant_type", "refresh_token", "refresh_token", token)
		if want := strings.Replace(want, "expiresIn", "expires_in", 1); !strings.Contains(b.body, want) {
			t.Errorf("OAuth, %q: %v", kind, b.object(t)["expires_in"])
		}
	}
	reconfigure(t, s, func(c *authtest.Config) { c.AccessTTL, c.ExpiresIn = time.Millisecond, authtest.ExpiresInSeconds })
	if got := refresh(t, s, http.StatusCreated, token).object(t)["expiresIn"]; got != 1.0 {
		t.Errorf("a lifetime under a second: expiresIn %v", got)
	}
}

func TestConfig_ClockOffset(t *testing.T) {
	t.Parallel()
	for _, offset := range []time.Duration{time.Hour, -time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(t, authtest.Config{ClockOffset: offset, AccessTTL: time.Minute})
			p := s.Issue("bob")
			if want := time.Now().Add(time.Minute); !p.Expiry.Equal(want) {
				t.Errorf("expiry by the local clock %v, want %v", p.Expiry, want)
			}
			a := me(t, s, http.StatusOK, p.AccessToken)
			theirs := time.Now().Add(offset).UTC()
			if got := a.header.Get("Date"); got != theirs.Format(http.TimeFormat) {
				t.Errorf("Date %q, want %v", got, theirs)
			}
			_, claims := decodeJWT(t, p.AccessToken)
			if claims["iat"] != float64(theirs.Unix()) || claims["exp"] != float64(theirs.Add(time.Minute).Unix()) {
				t.Errorf("iat %v, exp %v; want %v and a minute later", claims["iat"], claims["exp"], theirs)
			}
			elapse(time.Minute)
			me(t, s, http.StatusUnauthorized, p.AccessToken)
		})
	}
}

func TestServer_remembers_sessions_whose_access_token_expired(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, authtest.Config{OpaqueTokens: true})
		s.Issue("first")
		elapse(time.Hour)
		for range 1500 { // crosses a sweep
			s.Issue("bob")
		}
		s.Revoke("first")
		if st := s.Stats(); st.RevokedSessions != 1 {
			t.Errorf("%d sessions were revoked, want 1", st.RevokedSessions)
		}
	})
}

func TestServer_forgets_what_cannot_matter_any_more(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, authtest.Config{OpaqueTokens: true, RefreshTTL: time.Minute, AccessTTL: time.Hour})
		first := s.Issue("first")
		last := first
		for range 1500 { // crosses a sweep, which must lose nobody
			last = s.Issue("bob")
		}
		if st := s.Stats(); st.Sessions != 1501 {
			t.Errorf("%d sessions", st.Sessions)
		}
		elapse(time.Minute) // refresh tokens are gone, access tokens are not
		for range 1500 {
			s.Issue("carol")
		}
		me(t, s, http.StatusOK, first.AccessToken)
		s.Revoke("first")
		me(t, s, http.StatusUnauthorized, first.AccessToken)
		elapse(time.Hour)
		for range 1500 {
			s.Issue("dave")
		}
		me(t, s, http.StatusUnauthorized, last.AccessToken)
		before := s.Stats().RevokedSessions
		s.Revoke("bob")
		if n := s.Stats().RevokedSessions - before; n != 0 {
			t.Errorf("%d sessions of bob were still known", n)
		}
		if kinds := s.Timeline().Kinds(); slices.Contains(kinds, authtest.EventRefresh) {
			t.Errorf("a refresh out of nothing")
		}
	})
}
