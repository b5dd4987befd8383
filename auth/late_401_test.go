package auth_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

// TestRule01_WhichTokenSignedIt: a 401 for a token that is no longer the current one is sent again
// with the current one, without a refresh.
func TestRule01_WhichTokenSignedIt(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	release := f.HoldAPI(1)
	late := f.goGet(t.Context(), "/me")
	f.await(t, calling(1))
	f.ExpireAccess()
	f.mustGet(t, "/me", http.StatusOK) // refreshes
	release()
	(<-late).want(t, http.StatusOK)
	f.AssertRefreshes(t, 1)
}

// TestRule01_LateUnauthorized: so is a 401 of a token that is two refreshes old, and of many
// requests.
func TestRule01_LateUnauthorized(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	release := f.HoldAPI(8)
	var late []<-chan result
	for range 8 {
		late = append(late, f.goGet(t.Context(), "/me"))
	}
	f.await(t, calling(8))
	for range 2 {
		f.ExpireAccess()
		f.mustGet(t, "/me", http.StatusOK)
	}
	release()
	for _, l := range late {
		(<-l).want(t, http.StatusOK)
	}
	f.AssertRefreshes(t, 2)
	f.AssertNoReuse(t)
}

// TestRule01_LoginMeanwhile: a token that the program replaced counts like one that was refreshed,
// also without a Refresher.
func TestRule01_LoginMeanwhile(t *testing.T) {
	t.Parallel()
	for _, change := range []func(*auth.Config){func(*auth.Config) {}, func(c *auth.Config) { c.Refresher = nil }} {
		for _, opaque := range []bool{false, true} {
			f := start(t, authtest.Config{OpaqueTokens: opaque}, change)
			release := f.HoldAPI(1)
			late := f.goGet(t.Context(), "/me")
			f.await(t, calling(1))
			f.ExpireAccess()
			f.login(t)
			release()
			(<-late).want(t, http.StatusOK)
			f.AssertRefreshes(t, 0)
		}
	}
}

// TestRule01_AnotherUserMeanwhile: a request is not sent again as a different user. Where tokens do
// not tell users apart, a Logout in between does.
func TestRule01_AnotherUserMeanwhile(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		opaque, logout bool
		user           string
		again          bool
	}{
		"JWT, bob":                    {false, false, "bob", false},
		"JWT, bob after a logout":     {false, true, "bob", false},
		"JWT, alice after a logout":   {false, true, "alice", true},
		"opaque, after a logout":      {true, true, "bob", false},
		"opaque, on top of a session": {true, false, "alice", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, authtest.Config{OpaqueTokens: test.opaque})
			release := f.HoldAPI(1)
			late := f.goGet(t.Context(), "/me")
			f.await(t, calling(1))
			f.ExpireAccess()
			if test.logout {
				if err := f.session.Logout(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			f.as(t, test.user)
			release()
			if test.again {
				(<-late).want(t, http.StatusOK)
				return
			}
			(<-late).fails(t, auth.ErrLoginRequired)
			if n := f.Stats().APICalls; n != 1 {
				t.Errorf("sent %d times", n)
			}
		})
	}
}

// TestRule01_LogoutMeanwhile: a request whose session has ended is not sent again.
func TestRule01_LogoutMeanwhile(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	release := f.HoldAPI(1)
	late := f.goGet(t.Context(), "/me")
	f.await(t, calling(1))
	if err := f.session.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.ExpireAccess()
	release()
	r := <-late
	r.fails(t, auth.ErrLoginRequired)
	if r.err == nil || !strings.Contains(r.err.Error(), "logged out") {
		t.Errorf("got %v", r.err)
	}
	if n := f.Stats().APICalls; n != 1 {
		t.Errorf("sent %d times", n)
	}
	f.AssertRefreshes(t, 0)
}

// TestRule01_LoginBetweenAttempts: so it is where another interceptor sends the request again.
func TestRule01_LoginBetweenAttempts(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	retry := interceptor.Funcs{Error: func(e *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
		if e.Request.Attempt() == 1 {
			f.as(t, "bob")
			return h.Retry(0)
		}
		return h.Next(e)
	}}
	f.client = &http.Client{Transport: chain.New(retry, f.session).Transport(f.Transport())}
	f.FailAPI(1, http.StatusServiceUnavailable, nil, "")
	f.mustFail(t, "/me", auth.ErrLoginRequired)
	if n := f.Stats().APICalls; n != 1 {
		t.Errorf("sent %d times", n)
	}
}

// TestRule01_SameToken: a server may answer a refresh with the same access token; the refresh still
// counts.
func TestRule01_SameToken(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{RepeatAccessToken: true})
	f.ExpireAccess()
	f.mustGet(t, "/me", http.StatusOK)
	f.AssertRefreshes(t, 1)
}
