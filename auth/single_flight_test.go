package auth_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

// together sends n requests at once and returns their results. All have arrived before one is
// answered.
func (f *fixture) together(t *testing.T, n int) []result {
	t.Helper()
	release := f.HoldAPI(n)
	before := f.Stats().APICalls
	results := make([]result, n)
	var group sync.WaitGroup
	for i := range results {
		group.Go(func() { results[i] = <-f.goGet(t.Context(), "/me") })
	}
	f.await(t, calling(before+n))
	release()
	group.Wait()
	return results
}

// TestRule02_OneRefresh: fifty requests that are refused together share one refresh.
func TestRule02_OneRefresh(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	f.ExpireAccess()
	for _, r := range f.together(t, 50) {
		r.want(t, http.StatusOK)
	}
	f.AssertRefreshes(t, 1)
	f.AssertNoReuse(t)
}

// TestRule02_SharedFailure: they share its failure as well. The next request tries again.
func TestRule02_SharedFailure(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	f.ExpireAccess()
	f.FailRefresh(1, http.StatusServiceUnavailable, nil, "")
	for _, r := range f.together(t, 50) {
		r.fails(t, auth.ErrRefreshFailed)
	}
	f.AssertRefreshes(t, 1)
	f.mustGet(t, "/me", http.StatusOK)
	f.AssertRefreshes(t, 2)
}

// TestRule02_SharedEnd: they share it as well when it ends the session.
func TestRule02_SharedEnd(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	f.RevokeAll()
	for _, r := range f.together(t, 50) {
		r.fails(t, auth.ErrLoginRequired)
	}
	f.AssertRefreshes(t, 1)
	f.events.want(t, "signed in, signed out")
}

// TestRule02_LateFailure: a request that was on its way when the refresh failed hears of it; one
// that was under way for a long time tries again.
func TestRule02_LateFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := start(t, authtest.Config{InMemory: true})
		f.ExpireAccess()
		f.FailRefresh(1, http.StatusServiceUnavailable, nil, "")
		release := f.HoldAPI(1)
		soon := f.goGet(t.Context(), "/me")
		synctest.Wait()
		releaseLate := f.HoldAPI(1)
		late := f.goGet(t.Context(), "/me")
		synctest.Wait()
		f.mustFail(t, "/me", auth.ErrRefreshFailed)
		release()
		(<-soon).fails(t, auth.ErrRefreshFailed)
		f.AssertRefreshes(t, 1)
		sleep(time.Minute)
		releaseLate()
		(<-late).want(t, http.StatusOK)
		f.AssertRefreshes(t, 2)
		finish(f)
	})
}

// TestRule02_ManyExpired: fifty requests that find the token expired wait for one refresh before
// anything is sent.
func TestRule02_ManyExpired(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	tok := token(f.Issue("alice"))
	tok.AccessToken, tok.Expiry = "", tok.Expiry.AddDate(-1, 0, 0)
	if err := f.session.Login(t.Context(), tok); err != nil {
		t.Fatal(err)
	}
	release := f.HoldRefresh()
	var waiting []<-chan result
	for range 50 {
		waiting = append(waiting, f.goGet(t.Context(), "/me"))
	}
	f.await(t, refreshing(1))
	if n := f.Stats().APICalls; n != 0 {
		t.Errorf("%d requests were sent without a token", n)
	}
	release()
	for _, w := range waiting {
		(<-w).want(t, http.StatusOK)
	}
	f.AssertRefreshes(t, 1)
}

// TestRule02_RefreshTokenAlone: a session that begins with a refresh token alone gets its access
// token before the first request.
func TestRule02_RefreshTokenAlone(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	if err := f.session.Login(t.Context(), auth.Token{RefreshToken: f.Issue("alice").RefreshToken}); err != nil {
		t.Fatal(err)
	}
	f.mustGet(t, "/me", http.StatusOK)
	f.AssertRefreshes(t, 1)
	if n := f.Stats().Unauthorized; n != 0 {
		t.Errorf("%d requests went out without a token", n)
	}
}

// TestRule02_OtherAccount: two sessions refresh side by side.
func TestRule02_OtherAccount(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	g := join(t, f.Server, func(c *auth.Config) { c.Account = "work" })
	g.login(t)
	f.ExpireAccess()
	release := f.HoldRefresh()
	a, b := f.goGet(t.Context(), "/me"), g.goGet(t.Context(), "/me")
	f.await(t, refreshing(2))
	release()
	(<-a).want(t, http.StatusOK)
	(<-b).want(t, http.StatusOK)
}

// TestRule02_InsideRefresher: a Refresher that comes back to its own session is told so, instead of
// waiting for itself.
func TestRule02_InsideRefresher(t *testing.T) {
	t.Parallel()
	var f *fixture
	var refresh, login error
	var inner result
	f = start(t, authtest.Config{}, func(c *auth.Config) {
		own := c.Refresher
		c.Refresher = auth.RefreshFunc(func(ctx context.Context, old auth.Token) (auth.Token, error) {
			_, refresh = f.session.Refresh(ctx)
			login = f.session.Login(ctx, old)
			inner = <-f.goGet(ctx, "/public/echo")
			r, ok := own.(auth.JSONRefresher)
			if !ok {
				t.Error("no JSONRefresher")
			}
			r.URL = f.URL + r.URL
			return r.Refresh(ctx, old)
		})
	})
	f.ExpireAccess()
	f.mustGet(t, "/me", http.StatusOK)
	if refresh == nil || login == nil {
		t.Errorf("Refresh: %v, Login: %v", refresh, login)
	}
	inner.want(t, http.StatusOK)
	f.AssertRefreshes(t, 1)
}
