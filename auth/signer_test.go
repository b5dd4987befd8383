package auth_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

// TestRefused_forEver: at a server that refuses everything, an interceptor sends each call once
// more, with one refresh, whatever else has it sent again.
func TestRefused_forEver(t *testing.T) {
	t.Parallel()
	proving := func(c *auth.Config) { c.Prover = greedy{} }
	always := func(c *auth.Config) { c.ShouldRefresh = func(*interceptor.Response) bool { return true } }
	under := func(header string) func(*auth.Config) {
		return func(c *auth.Config) {
			c.SetCredential = func(r *http.Request, t auth.Token) error {
				r.Header.Set(header, t.AccessToken)
				return nil
			}
		}
	}
	type list = []interceptor.Interceptor
	for name, test := range map[string]struct {
		list      func(*refusedFixture) list
		status    int
		path      string
		sends     int
		refreshes int
	}{
		"alone":                        {func(f *refusedFixture) list { return list{f.session()} }, 401, "/me", 2, 1},
		"ShouldRefresh, a good status": {func(f *refusedFixture) list { return list{f.session(always)} }, 200, "/me", 2, 1},
		"ShouldRefresh, a bad status":  {func(f *refusedFixture) list { return list{f.session(always)} }, 403, "/me", 2, 1},
		"a proof, too":                 {func(f *refusedFixture) list { return list{f.session(proving)} }, 401, "/me", 3, 1},
		"a proof, a good status":       {func(f *refusedFixture) list { return list{f.session(proving)} }, 200, "/me", 2, 0},
		"a proof, ShouldRefresh":       {func(f *refusedFixture) list { return list{f.session(proving, always)} }, 200, "/me", 3, 1},
		"retries behind":               {func(f *refusedFixture) list { return list{f.session(), insistent(3)} }, 401, "/me", 5, 1},
		"retries before":               {func(f *refusedFixture) list { return list{insistent(3), f.session()} }, 401, "/me", 5, 1},
		"retries, a good status":       {func(f *refusedFixture) list { return list{f.session(always), insistent(3)} }, 200, "/me", 5, 1},
		"an attempt without": {
			func(f *refusedFixture) list { return list{unsigned(2), f.session(), insistent(3)} }, 401, "/me", 5, 1,
		},
		"the retry without": {
			func(f *refusedFixture) list { return list{insistent(1), unsigned(2), f.session()} }, 401, "/me", 2, 0,
		},
		"first without": {
			func(f *refusedFixture) list { return list{unsigned(1), f.session(), insistent(3)} }, 401, "/me", 5, 1,
		},
		"two sessions": {
			func(f *refusedFixture) list { return list{f.session(under("X-A")), f.session(under("X-B"))} }, 401, "/me", 3, 2,
		},
		"two sessions and retries": {
			func(f *refusedFixture) list {
				return list{f.session(under("X-A")), insistent(2), f.session(under("X-B")), insistent(3)}
			}, 401, "/me", 8, 2,
		},
		"a login meanwhile": {
			func(f *refusedFixture) list {
				a := f.session()
				f.onSend = func() {
					f.onSend = nil
					if err := a.Login(f.t.Context(), newest()); err != nil {
						f.t.Error(err)
					}
				}
				return list{a, insistent(3)}
			}, 401, "/me", 5, 0,
		},
		"a login each time": {
			func(f *refusedFixture) list {
				a := f.session()
				f.onSend = func() {
					if err := a.Login(f.t.Context(), newest()); err != nil {
						f.t.Error(err)
					}
				}
				return list{a}
			}, 401, "/me", 2, 0,
		},
		"after a redirect": {func(f *refusedFixture) list { return list{f.session()} }, 401, "/moved", 2, 1},
		"signed out": {
			func(f *refusedFixture) list {
				a := f.session()
				if err := a.Logout(f.t.Context()); err != nil {
					f.t.Error(err)
				}
				return list{a}
			}, 401, "/me", 1, 0,
		},
		"one of many accounts": {
			func(f *refusedFixture) list {
				s, err := auth.NewSessions(auth.SessionsConfig{Session: auth.Config{BaseURL: "https://api.example.com", Refresher: f.refresher()}})
				if err != nil {
					f.t.Fatal(err)
				}
				f.t.Cleanup(func() { _ = s.Close(context.WithoutCancel(f.t.Context())) })
				if err := s.Login(f.t.Context(), "alice", newest()); err != nil {
					f.t.Fatal(err)
				}
				return list{unsigned(2), s, insistent(3)}
			}, 401, "/me", 5, 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &refusedFixture{refuser: &refuser{status: test.status, sends: make(map[string]int)}, t: t}
			client := &http.Client{Transport: chain.Config{MaxAttempts: 100}.New(test.list(f)...).Transport(f)}
			for range 2 {
				before := f.sends["/me"]
				ctx, cancel := context.WithTimeout(auth.WithAccount(t.Context(), "alice"), time.Minute)
				req, err := http.NewRequestWithContext(ctx, http.MethodGet, test.path, http.NoBody)
				if err != nil {
					t.Fatal(err)
				}
				resp, err := client.Do(req)
				cancel()
				if err == nil {
					_ = resp.Body.Close()
				} else if test.refreshes > 0 || !errors.Is(err, auth.ErrLoginRequired) {
					t.Fatal(err)
				}
				sends := f.sends["/me"] - before
				if first := before == 0; first && (sends != test.sends || f.refreshes != test.refreshes) {
					t.Errorf("%d sends, want %d; %d refreshes, want %d", sends, test.sends, f.refreshes, test.refreshes)
				}
				if sends > test.sends || f.refreshes > 2*max(test.refreshes, 1) {
					t.Errorf("%d sends, %d refreshes", sends, f.refreshes)
				}
			}
		})
	}
}
