package auth_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/storage"
)

// reasonOf returns why a login is required.
func reasonOf(t *testing.T, err error) auth.Reason {
	t.Helper()
	e, ok := errors.AsType[*auth.LoginRequiredError](err)
	if !ok {
		t.Errorf("%v is not a LoginRequiredError", err)
		return auth.ReasonNone
	}
	return e.Reason
}

// TestRule13_EverySignedOut401: while nobody is signed in, every 401 says why, and carries the
// response; what needs no token still works.
func TestRule13_EverySignedOut401(t *testing.T) {
	t.Parallel()
	for want, happens := range map[auth.Reason]func(*fixture){
		auth.ReasonNeverSignedIn: func(*fixture) {},
		auth.ReasonLogout:        func(f *fixture) { f.login(t); _ = f.session.Logout(t.Context()) },
		auth.ReasonInvalidGrant:  func(f *fixture) { f.login(t); f.RevokeAll(); _, _, _ = f.get(t.Context(), "/me") },
		auth.ReasonNoRefreshToken: func(f *fixture) {
			_ = f.session.Login(t.Context(), auth.Token{AccessToken: f.Issue("alice").AccessToken})
			f.RevokeAll()
			_, _, _ = f.get(t.Context(), "/me")
		},
	} {
		s := authtest.NewServer(authtest.Config{})
		t.Cleanup(s.Close)
		f := join(t, s)
		happens(f)
		for range 3 {
			err := f.mustFail(t, "/me", auth.ErrLoginRequired)
			e, ok := errors.AsType[*interceptor.Error](err)
			if !ok || e.Response == nil || e.Response.StatusCode != http.StatusUnauthorized {
				t.Errorf("%v: %v does not carry the 401", want, err)
				continue
			}
			if body, err := io.ReadAll(e.Response.Body); err != nil || !strings.Contains(string(body), "message") {
				t.Errorf("%v: body %q, %v", want, body, err)
			}
			if got := reasonOf(t, err); got != want {
				t.Errorf("got %v, want %v", got, want)
			}
		}
		if status, _, err := f.get(t.Context(), "/echo?public"); status == 0 && !errors.Is(err, auth.ErrLoginRequired) {
			t.Errorf("%v: %v", want, err)
		}
		if status, _, err := f.get(auth.WithoutAuth(t.Context()), "/me"); status != http.StatusUnauthorized || err != nil {
			t.Errorf("WithoutAuth: got %d, %v", status, err)
		}
	}
}

// TestRefresh_noRefreshToken: asking for a refresh that is not possible is an error, and ends
// nothing.
func TestRefresh_noRefreshToken(t *testing.T) {
	t.Parallel()
	store := storage.NewMemory()
	f := start(t, authtest.Config{}, with(store))
	if err := f.session.Login(t.Context(), auth.Token{AccessToken: f.Issue("alice").AccessToken}); err != nil {
		t.Fatal(err)
	}
	before := stored(t, store)
	if _, err := f.session.Refresh(t.Context()); !errors.Is(err, auth.ErrRefreshFailed) ||
		!strings.Contains(err.Error(), "there is no refresh token") {
		t.Errorf("got %v", err)
	}
	f.mustGet(t, "/me", http.StatusOK)
	if stored(t, store) != before {
		t.Error("the record was changed")
	}
}

// TestRequireLogin: nothing goes to the own origins unsigned; a login elsewhere is noticed.
func TestRequireLogin(t *testing.T) {
	t.Parallel()
	s := authtest.NewServer(authtest.Config{})
	t.Cleanup(s.Close)
	store := storage.NewMemory()
	f := join(t, s, with(store), func(c *auth.Config) { c.RequireLogin = true })
	foreign := f.Foreign()
	f.mustFail(t, "/me", auth.ErrLoginRequired)
	f.mustGet(t, foreign.URL+"/x", http.StatusOK)
	if n := f.Stats().APICalls; n != 0 {
		t.Errorf("%d requests were sent", n)
	}
	if status, _, err := f.get(auth.WithoutAuth(t.Context()), "/me"); status != http.StatusUnauthorized || err != nil {
		t.Errorf("WithoutAuth: got %d, %v", status, err)
	}
	other := join(t, s, with(store))
	other.login(t)
	f.mustGet(t, "/me", http.StatusOK)
}

// TestLoginRequired_asOAuth2: clients of x/oauth2 find what they look for before they start a
// login.
func TestLoginRequired_asOAuth2(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	f.RevokeAll()
	err := f.mustFail(t, "/me", auth.ErrLoginRequired)
	re, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok || re.ErrorCode != "invalid_grant" || re.Response == nil || len(re.Body) > 0 || re.Error() == "" {
		t.Errorf("got %v, %+v", ok, re)
	}
	f.FailRefresh(1, http.StatusServiceUnavailable, nil, "")
	f.login(t)
	f.ExpireAccess()
	if re, ok := errors.AsType[*oauth2.RetrieveError](f.mustFail(t, "/me", auth.ErrRefreshFailed)); ok && re.ErrorCode == "invalid_grant" {
		t.Errorf("a failure is found as %v", re)
	}
}

// TestReload: a daemon notices what another process does, when it asks.
func TestReload(t *testing.T) {
	t.Parallel()
	f, other, _ := pair(t, authtest.Config{})
	f.ExpireAccess()
	other.mustGet(t, "/me", http.StatusOK)
	if err := f.session.Reload(t.Context()); err != nil {
		t.Error(err)
	}
	f.mustGet(t, "/me", http.StatusOK)
	if n := f.Stats().Unauthorized; n != 1 { // the other one's
		t.Errorf("%d requests were refused", n)
	}
	if err := other.session.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	if st, err := f.session.Status(t.Context()); err != nil || st.SignedIn || st.Reason != auth.ReasonEndedElsewhere {
		t.Errorf("after a logout elsewhere: %+v, %v", st, err)
	}
	f.events.want(t, "signed in, signed out")
	other.as(t, "alice")
	if err := f.session.Reload(t.Context()); err != nil {
		t.Error(err)
	}
	if tok, err := f.session.Token(t.Context()); err != nil || tok.AccessToken == "" {
		t.Errorf("after a login elsewhere: %v", err)
	}
}

// TestReload_storeFails: what was known stays known.
func TestReload_storeFails(t *testing.T) {
	t.Parallel()
	store := newFaulty()
	f := start(t, authtest.Config{}, with(store))
	store.fail(2, 0, 0)
	if err := f.session.Reload(t.Context()); !errors.Is(err, errFull) {
		t.Errorf("Reload: %v", err)
	}
	if st, err := f.session.Status(t.Context()); err != nil || !st.SignedIn {
		t.Errorf("Status: %+v, %v", st, err)
	}
	f.mustGet(t, "/me", http.StatusOK)
}

// TestReload_duringRefresh: a read of the store that comes in the middle of a refresh changes
// nothing.
func TestReload_duringRefresh(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := start(t, authtest.Config{InMemory: true})
		f.ExpireAccess()
		release := f.HoldRefresh()
		got := f.goGet(t.Context(), "/me")
		f.await(t, refreshing(1))
		if err := f.session.Reload(t.Context()); err != nil {
			t.Error(err)
		}
		release()
		(<-got).want(t, http.StatusOK)
		f.AssertRefreshes(t, 1)
		finish(f)
	})
}

// TestRule03_AnotherUserInAnyOrder: a login of another user elsewhere is never adopted, whether
// this process looks between the logout of ours and that login or not, and whatever ended ours.
func TestRule03_AnotherUserInAnyOrder(t *testing.T) {
	t.Parallel()
	for name, look := range map[string]func(*fixture){
		"not": func(*fixture) {}, "a request": func(f *fixture) { _, _, _ = f.get(t.Context(), "/me") },
		"Status": func(f *fixture) { _, _ = f.session.Status(t.Context()) }, "Reload": func(f *fixture) { _ = f.session.Reload(t.Context()) },
	} {
		for _, ends := range []string{"logout elsewhere", "the server ends it"} {
			f, other, _ := pair(t, authtest.Config{})
			if ends == "logout elsewhere" {
				if err := other.session.Logout(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			f.Revoke("alice")
			look(f)
			other.as(t, "bob")
			look(f)
			for range 2 {
				err := f.mustFail(t, "/me", auth.ErrLoginRequired)
				if got := reasonOf(t, err); got != auth.ReasonReplaced {
					t.Errorf("%s, %s: %v", ends, name, got)
				}
			}
			if tok, err := f.session.Token(t.Context()); err == nil {
				t.Errorf("%s, %s: Token gave out %v", ends, name, tok)
			}
			other.as(t, "alice") // back again
			f.mustGet(t, "/me", http.StatusOK)
		}
	}
}

// TestAccountIsUser: with opaque tokens, a login elsewhere is adopted if the account stands for the
// user.
func TestAccountIsUser(t *testing.T) {
	t.Parallel()
	for _, opaque := range []bool{true, false} {
		s := authtest.NewServer(authtest.Config{OpaqueTokens: opaque})
		t.Cleanup(s.Close)
		store := storage.NewMemory()
		accountIsUser := func(c *auth.Config) { c.AccountIsUser = true }
		f, other := join(t, s, with(store), accountIsUser), join(t, s, with(store), accountIsUser)
		f.login(t)
		f.mustGet(t, "/me", http.StatusOK)
		release := f.HoldAPI(1)
		late := f.goGet(t.Context(), "/me")
		f.await(t, calling(2))
		f.Revoke("alice")
		other.login(t)
		f.mustGet(t, "/me", http.StatusOK)
		release()
		(<-late).want(t, http.StatusOK) // also a request that was under way
		f.AssertRefreshes(t, 0)
		f.Revoke("alice")
		f.mustFail(t, "/me", auth.ErrLoginRequired)
		other.login(t)
		f.mustGet(t, "/me", http.StatusOK)
		other.as(t, "bob")
		if !opaque {
			f.Revoke("alice")
			f.mustFail(t, "/me", auth.ErrLoginRequired) // these tokens do say otherwise
		}
	}
}

// TestOrigin_otherServer: a stored session is not used with a configuration for another server,
// which the error names, and is still there for the right one.
func TestOrigin_otherServer(t *testing.T) {
	t.Parallel()
	store := storage.NewMemory()
	good := start(t, authtest.Config{}, with(store))
	evil := authtest.NewServer(authtest.Config{})
	t.Cleanup(evil.Close)
	f := join(t, evil, with(store))
	err := f.mustFail(t, "/me", auth.ErrSessionUnreadable)
	for _, want := range []string{good.URL, evil.URL, "log in again"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not mention %s", err, want)
		}
	}
	if _, err := f.session.Token(t.Context()); !errors.Is(err, auth.ErrSessionUnreadable) {
		t.Errorf("Token: %v", err)
	}
	if n := evil.Stats().APICalls + evil.Stats().Refreshes; n != 0 {
		t.Errorf("the other server got %d requests", n)
	}
	good.mustGet(t, "/me", http.StatusOK)
	both := join(t, good.Server, with(store), func(c *auth.Config) { c.BaseURL, c.AllowedOrigins = evil.URL, []string{good.URL} })
	if _, err := both.session.Token(t.Context()); err != nil {
		t.Errorf("a configuration that allows both: %v", err)
	}
	// A record without an origin keeps working, and gets one when it is saved.
	old := strings.Replace(stored(t, store), `"origin":"`+good.URL+`",`, "", 1)
	put(t, store, "default", old)
	g := join(t, good.Server, with(store))
	g.ExpireAccess()
	g.mustGet(t, "/me", http.StatusOK)
	if now := stored(t, store); strings.Contains(old, `"origin"`) || !strings.Contains(now, `"origin":"`+good.URL+`"`) {
		t.Errorf("stored: %s, then %s", old, now)
	}
	// A session that is in use is not refreshed into a record of another server, nor is that
	// overwritten.
	swapped := strings.Replace(stored(t, store), good.URL, "https://elsewhere.example", 1)
	put(t, store, "default", swapped)
	g.ExpireAccess()
	g.mustFail(t, "/me", auth.ErrSessionUnreadable)
	if stored(t, store) != swapped {
		t.Error("the record was changed")
	}
	put(t, store, "default", old)
}

// TestRule09_ShortProgram: a program that has just started does not refresh in the background,
// since it may end at any moment.
func TestRule09_ShortProgram(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := storage.NewMemory()
		f := start(t, authtest.Config{InMemory: true, AccessTTL: 10 * time.Minute}, with(store))
		sleep(9*time.Minute + 50*time.Second)
		short := join(t, f.Server, with(store))
		short.mustGet(t, "/me", http.StatusOK)
		synctest.Wait()
		f.AssertRefreshes(t, 0)
		sleep(11 * time.Second) // expired: refreshed while the request waits
		short.mustGet(t, "/me", http.StatusOK)
		f.AssertRefreshes(t, 1)
		sleep(9*time.Minute + 50*time.Second) // by now it is not a short one
		short.mustGet(t, "/me", http.StatusOK)
		synctest.Wait()
		f.AssertRefreshes(t, 2)
		finish(f, short)
	})
}

// TestRule09_ShortLifetime: of a token that lives ten seconds, the last two are its window; a
// program that has run that long may still be a short one.
func TestRule09_ShortLifetime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := start(t, authtest.Config{InMemory: true, AccessTTL: 10 * time.Second})
		sleep(9900 * time.Millisecond)
		f.mustGet(t, "/me", http.StatusOK)
		synctest.Wait()
		f.AssertRefreshes(t, 0)
		sleep(time.Second)
		f.mustGet(t, "/me", http.StatusOK) // expired: refreshed while the request waits
		f.AssertRefreshes(t, 1)
		sleep(20 * time.Second) // and again, and now the program has lived for 30 s
		f.mustGet(t, "/me", http.StatusOK)
		f.AssertRefreshes(t, 2)
		sleep(9900 * time.Millisecond)
		f.mustGet(t, "/me", http.StatusOK)
		synctest.Wait()
		f.AssertRefreshes(t, 3)
		finish(f)
	})
}

// TestNew_account: a name that JSON cannot hold is refused.
func TestNew_account(t *testing.T) {
	t.Parallel()
	if _, err := auth.New(auth.Config{BaseURL: "https://api.example.com", Account: "a\xff"}); err == nil ||
		!strings.Contains(err.Error(), "UTF-8") {
		t.Errorf("got %v", err)
	}
}
