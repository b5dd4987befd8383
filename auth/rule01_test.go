package auth_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

// TestRule01_WhichTokenSignedIt: a 401 for a token that is no longer the current one is sent again with the current one,
// without a refresh.
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

// TestG_LateUnauthorized: so is a 401 of a token that is two refreshes old, and of many requests.
func TestG_LateUnauthorized(t *testing.T) {
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

// TestRule01_LoginMeanwhile: a token that the program replaced counts like one that was refreshed, also without a Refresher.
func TestRule01_LoginMeanwhile(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*auth.Config){
		"with a Refresher":    func(*auth.Config) {},
		"without a Refresher": func(c *auth.Config) { c.Refresher = nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, authtest.Config{}, change)
			release := f.HoldAPI(1)
			late := f.goGet(t.Context(), "/me")
			f.await(t, calling(1))
			f.ExpireAccess()
			f.login(t)
			release()
			(<-late).want(t, http.StatusOK)
			f.AssertRefreshes(t, 0)
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

// TestRule01_SameToken: a server may answer a refresh with the same access token; the refresh still counts.
func TestRule01_SameToken(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{RepeatAccessToken: true})
	f.ExpireAccess()
	f.mustGet(t, "/me", http.StatusOK)
	f.AssertRefreshes(t, 1)
}
