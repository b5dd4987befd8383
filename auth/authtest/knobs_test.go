package authtest_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

func TestServer_ExpireAccess(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	p := s.Issue("bob")
	s.ExpireAccess()
	a := me(t, s, http.StatusUnauthorized, p.AccessToken)
	if a.body != `{"message":"Invalid JWT"}` || a.header.Get("Content-Type") != "application/json" {
		t.Errorf("%v %s", a.header, a.body)
	}
	b := refresh(t, s, http.StatusCreated, p.RefreshToken)
	me(t, s, http.StatusOK, b.member(t, "accessToken"))
	me(t, s, http.StatusUnauthorized, p.AccessToken)
}

func TestServer_Revoke(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	p, q, other := s.Issue("bob"), s.Issue("bob"), s.Issue("carol")
	s.Revoke("bob")
	for _, pair := range []authtest.TokenPair{p, q} {
		me(t, s, http.StatusUnauthorized, pair.AccessToken)
		refresh(t, s, http.StatusUnauthorized, pair.RefreshToken)
	}
	me(t, s, http.StatusOK, other.AccessToken)
	if st := s.Stats(); st.RevokedSessions != 2 || st.Sessions != 1 || st.Reuses != 0 {
		t.Errorf("%+v", st)
	}
	s.RevokeAll()
	me(t, s, http.StatusUnauthorized, other.AccessToken)
	if st := s.Stats(); st.RevokedSessions != 3 || st.Sessions != 0 {
		t.Errorf("%+v", st)
	}
}

func TestServer_FailRefresh(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	p := s.Issue("bob")
	header := http.Header{"Retry-After": {"7"}}
	s.FailRefresh(2, http.StatusServiceUnavailable, header, `{"error":"busy"}`)
	header.Set("Retry-After", "changed")
	s.FailRefresh(1, http.StatusOK, nil, "<html>log in to the hotel</html>")
	s.FailRefresh(1, 42, http.Header{"Content-Type": {"application/problem+json"}}, "{}")
	for range 2 {
		a := refresh(t, s, http.StatusServiceUnavailable, p.RefreshToken)
		if a.body != `{"error":"busy"}` || a.header.Get("Retry-After") != "7" || a.header.Get("Content-Type") != "application/json" {
			t.Errorf("%v %s", a.header, a.body)
		}
	}
	a := form(t, s, http.StatusOK, "/oauth/token", nil, "grant_type", "refresh_token", "refresh_token", p.RefreshToken)
	if a.header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("%v", a.header)
	}
	a = refresh(t, s, http.StatusInternalServerError, p.RefreshToken)
	if a.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%v", a.header)
	}
	p2 := refresh(t, s, http.StatusCreated, p.RefreshToken) // no failure has spent it
	s.FailRefresh(-1, http.StatusBadGateway, nil, "")
	for range 3 {
		refresh(t, s, http.StatusBadGateway, p2.member(t, "refreshToken"))
	}
	s.FailRefresh(0, 0, nil, "")
	refresh(t, s, http.StatusCreated, p2.member(t, "refreshToken"))
	checkStats(t, s, authtest.Stats{Refreshes: 9, Rotations: 2, Sessions: 1})
}

func TestServer_FailAPI(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	s.FailAPI(1, http.StatusTooManyRequests, http.Header{"Retry-After": {"1"}}, "")
	s.FailAPI(1, http.StatusNoContent, nil, "not sent")
	p := s.Issue("bob")
	if a := me(t, s, http.StatusTooManyRequests, p.AccessToken); a.header.Get("Retry-After") != "1" {
		t.Errorf("%v", a.header)
	}
	refresh(t, s, http.StatusCreated, p.RefreshToken) // is not the API
	if a := call(t, s, http.StatusNoContent, http.MethodPost, "/public/echo", "x", nil); a.body != "" {
		t.Errorf("body %q", a.body)
	}
	me(t, s, http.StatusOK, p.AccessToken)
	s.FailAPI(-1, http.StatusBadGateway, nil, "")
	me(t, s, http.StatusBadGateway, p.AccessToken)
	s.FailAPI(0, 0, nil, "")
	me(t, s, http.StatusOK, p.AccessToken)
}

func TestServer_DropAfterRotate(t *testing.T) {
	t.Parallel()
	for _, inMemory := range []bool{true, false} {
		s := authtest.NewServer(authtest.Config{InMemory: inMemory})
		p := s.Issue("bob")
		s.DropAfterRotate(1)
		s.FailRefresh(1, http.StatusBadGateway, nil, "")
		refresh(t, s, http.StatusUnauthorized, "unknown") // refused: still to come
		r := request(t.Context(), t, s, http.MethodPost, "/auth/refresh", `{"refreshToken":"`+p.RefreshToken+`"}`, nil)
		if a, err := try(s, r); err == nil {
			t.Errorf("answered %d", a.status)
		}
		checkStats(t, s, authtest.Stats{Refreshes: 2, Rotations: 1, Refusals: 1, Sessions: 1})
		refresh(t, s, http.StatusBadGateway, p.RefreshToken)
		refresh(t, s, http.StatusUnauthorized, p.RefreshToken) // it was spent
		if st := s.Stats(); st.Reuses != 1 || st.Sessions != 0 {
			t.Errorf("%+v", st)
		}
		s.Close()
	}
}

func TestServer_DelayRefresh(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, authtest.Config{})
		s.DelayRefresh(2 * time.Second)
		begin := time.Now()
		a := refresh(t, s, http.StatusCreated, s.Issue("bob").RefreshToken)
		if d := time.Since(begin); d != 2*time.Second {
			t.Errorf("answered after %v", d)
		}
		s.DelayRefresh(0)
		refresh(t, s, http.StatusCreated, a.member(t, "refreshToken"))
		if d := time.Since(begin); d != 2*time.Second {
			t.Errorf("answered after %v in all", d)
		}
	})
}

func TestServer_DelayRefresh_a_client_that_leaves_has_spent_its_token(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, authtest.Config{})
		s.DelayRefresh(time.Hour)
		p := s.Issue("bob")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		r := request(ctx, t, s, http.MethodPost, "/auth/refresh", `{"refreshToken":"`+p.RefreshToken+`"}`, nil)
		if _, err := try(s, r); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("error %v", err)
		}
		s.DelayRefresh(0)
		refresh(t, s, http.StatusUnauthorized, p.RefreshToken)
		if st := s.Stats(); st.Reuses != 1 {
			t.Errorf("%+v", st)
		}
	})
}

func TestServer_HoldRefresh(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	release, again := s.HoldRefresh(), s.HoldRefresh()
	p := s.Issue("bob")
	done := make(chan *answer)
	go func() {
		r := request(t.Context(), t, s, http.MethodPost, "/auth/refresh", `{"refreshToken":"`+p.RefreshToken+`"}`, nil)
		a, err := try(s, r)
		if err != nil {
			t.Error(err)
		}
		done <- a
	}()
	if err := s.Wait(t.Context(), func(st authtest.Stats) bool { return st.Refreshes == 1 }); err != nil {
		t.Fatal(err)
	}
	checkStats(t, s, authtest.Stats{Refreshes: 1, Rotations: 1, Sessions: 1}) // it has taken effect
	select {
	case <-done:
		t.Fatal("answered while held")
	default:
	}
	again()
	release()
	a := <-done
	refresh(t, s, http.StatusCreated, a.member(t, "refreshToken")) // held no more

	release2 := s.HoldRefresh()
	defer release2()
	release() // of the first hold: does nothing to the second
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		if s.Wait(ctx, func(st authtest.Stats) bool { return st.Refreshes == 3 }) == nil {
			cancel()
		}
	}()
	r := request(ctx, t, s, http.MethodPost, "/auth/refresh", `{"refreshToken":"x"}`, nil)
	if _, err := try(s, r); !errors.Is(err, context.Canceled) {
		t.Errorf("the second hold did not hold: %v", err)
	}
}

func TestServer_HoldAPI_looks_at_the_token_at_the_release(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, authtest.Config{})
		p := s.Issue("bob")
		release := s.HoldAPI(1)
		late := make(chan int)
		go func() {
			a, err := try(s, request(t.Context(), t, s, http.MethodGet, "/me", "", bearer(p.AccessToken)))
			if err != nil {
				t.Error(err)
			}
			late <- a.status
		}()
		synctest.Wait()
		me(t, s, http.StatusOK, p.AccessToken) // only one is held
		s.ExpireAccess()
		release()
		release()
		if status := <-late; status != http.StatusUnauthorized {
			t.Errorf("the held call got %d", status)
		}
		checkStats(t, s, authtest.Stats{Sessions: 1, APICalls: 2, Unauthorized: 1})
	})
}

func TestServer_Close_releases_what_is_held(t *testing.T) {
	t.Parallel()
	for _, inMemory := range []bool{true, false} {
		s := authtest.NewServer(authtest.Config{InMemory: inMemory})
		p := s.Issue("bob")
		s.HoldRefresh()
		s.HoldAPI(1)
		errs := make(chan error)
		go func() {
			r := request(t.Context(), t, s, http.MethodPost, "/auth/refresh", `{"refreshToken":"`+p.RefreshToken+`"}`, nil)
			_, err := try(s, r)
			errs <- err
		}()
		go func() {
			_, err := try(s, request(t.Context(), t, s, http.MethodGet, "/me", "", bearer(p.AccessToken)))
			errs <- err
		}()
		arrived := func(st authtest.Stats) bool { return st.Refreshes == 1 && st.APICalls == 1 }
		if err := s.Wait(t.Context(), arrived); err != nil {
			t.Fatal(err)
		}
		s.Close()
		for range 2 {
			if err := <-errs; err == nil {
				t.Errorf("in memory %v: a held request was answered after Close", inMemory)
			}
		}
	}
}

func TestServer_Wait_ends_with_its_context(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	never := func(authtest.Stats) bool { return false }
	if err := s.Wait(ctx, never); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestServer_Wait_survives_a_panic_in_its_condition(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	func() {
		defer func() { _ = recover() }()
		_ = s.Wait(t.Context(), nil) // panics: there is nothing to call
	}()
	s.Stats() // not locked for ever
}

func TestConfig_TokenRedirect(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	p := s.Issue("bob")
	target := s.Foreign().URL + "/token"
	reconfigure(t, s, func(c *authtest.Config) { c.TokenRedirect = target })
	if a := refresh(t, s, http.StatusTemporaryRedirect, p.RefreshToken); a.header.Get("Location") != target {
		t.Errorf("%v", a.header)
	}
	reconfigure(t, s, func(c *authtest.Config) { c.RedirectStatus = http.StatusPermanentRedirect })
	form(t, s, http.StatusPermanentRedirect, "/oauth/token", nil, "grant_type", "refresh_token", "refresh_token", p.RefreshToken)
	call(t, s, http.StatusOK, http.MethodPost, "/auth/login", `{"username":"alice","password":"wonderland"}`, nil)
	reconfigure(t, s, func(c *authtest.Config) { c.TokenRedirect = "" })
	refresh(t, s, http.StatusCreated, p.RefreshToken)
	checkStats(t, s, authtest.Stats{Logins: 1, Refreshes: 3, Rotations: 1, Sessions: 2})
	want := []authtest.EventKind{
		authtest.EventIssue, authtest.EventRefresh, authtest.EventRedirect, authtest.EventRefresh,
		authtest.EventRedirect, authtest.EventLogin, authtest.EventRefresh, authtest.EventRotate,
	}
	if got := s.Timeline().Kinds(); !slices.Equal(got, want) {
		t.Errorf("timeline\n%s", s.Timeline())
	}
}
