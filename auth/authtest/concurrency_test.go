package authtest_test

import (
	"net/http"
	"sync"
	"testing"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

func TestServer_concurrent_refreshes_of_one_token(t *testing.T) {
	t.Parallel()
	for _, inMemory := range []bool{true, false} {
		s := authtest.NewServer(authtest.Config{InMemory: inMemory})
		p := s.Issue("bob")
		statuses := make(chan int, 20)
		var wg sync.WaitGroup
		for range cap(statuses) {
			wg.Go(func() {
				r := request(t.Context(), t, s, http.MethodPost, "/auth/refresh", `{"refreshToken":"`+p.RefreshToken+`"}`, nil)
				a, err := try(s, r)
				if err != nil {
					t.Error(err)
					return
				}
				statuses <- a.status
			})
		}
		wg.Wait()
		close(statuses)
		granted := 0
		for status := range statuses {
			if status == http.StatusCreated {
				granted++
			}
		}
		if granted != 1 {
			t.Errorf("in memory %v: %d refreshes were granted, want 1", inMemory, granted)
		}
		// The first reuse ends the session; the later ones present a token of a dead session.
		checkStats(t, s, authtest.Stats{Refreshes: 20, Rotations: 1, Refusals: 19, Reuses: 1, RevokedSessions: 1})
		s.Close()
	}
}

func TestServer_every_method_at_once(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	var wg sync.WaitGroup
	for range 4 {
		for _, f := range []func(){
			func() { s.Issue("bob") },
			func() { s.ExpireAccess() },
			func() { s.Revoke("bob") },
			func() { s.RevokeAll() },
			func() { s.FailRefresh(1, 503, nil, ""); s.FailRefresh(0, 0, nil, "") },
			func() { s.FailAPI(1, 503, nil, ""); s.FailAPI(0, 0, nil, "") },
			func() { s.DropAfterRotate(1); s.DropAfterRotate(0) },
			func() { s.DelayRefresh(1) },
			func() { s.HoldRefresh()() },
			func() { s.HoldAPI(1)() },
			func() { _, _ = s.Stats(), s.Timeline().String() },
			func() { reconfigure(t, s, func(c *authtest.Config) { c.Users["x"] = "y" }) },
			func() { s.Foreign().Answer(204, nil, ""); s.Foreign().Leaks() },
			func() { _, _ = try(s, request(t.Context(), t, s, http.MethodGet, s.Foreign().URL, "", nil)) },
			func() { _, _ = try(s, request(t.Context(), t, s, http.MethodGet, "/me", "", bearer("x"))) },
			func() {
				_, _ = try(s, request(t.Context(), t, s, http.MethodPost, "/auth/refresh", `{"refreshToken":"x"}`, nil))
			},
			func() { reconfigure(t, s, func(c *authtest.Config) { c.Shape = authtest.TextShape }) },
		} {
			wg.Go(f)
		}
	}
	wg.Wait()
}
