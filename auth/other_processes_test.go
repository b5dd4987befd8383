package auth_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/storage"
)

// pair is two clients that share a store, as two programs would; alice is signed in at both.
func pair(t *testing.T, server authtest.Config) (f, other *fixture, store *storage.Memory) {
	t.Helper()
	store = storage.NewMemory()
	f = start(t, server, with(store))
	f.mustGet(t, "/me", http.StatusOK)
	other = join(t, f.Server, with(store))
	other.mustGet(t, "/me", http.StatusOK)
	return f, other, store
}

// as begins a session of the user.
func (f *fixture) as(t *testing.T, user string) {
	t.Helper()
	if err := f.session.Login(t.Context(), token(f.Issue(user))); err != nil {
		t.Fatal(err)
	}
}

// TestRule03_AdoptsNewerToken: another process's refresh is taken over without a call.
func TestRule03_AdoptsNewerToken(t *testing.T) {
	t.Parallel()
	f, other, _ := pair(t, authtest.Config{})
	for range 3 {
		f.ExpireAccess()
		other.mustGet(t, "/me", http.StatusOK)
		f.mustGet(t, "/me", http.StatusOK)
	}
	f.AssertRefreshes(t, 3)
	f.AssertNoReuse(t)
	f.events.want(t, "signed in")
}

// TestRule03_ReadIsRead: what was read under the lock counts, though the store fails afterwards.
func TestRule03_ReadIsRead(t *testing.T) {
	t.Parallel()
	for name, happens := range map[string]func(*testing.T, *fixture){
		"refreshed": func(t *testing.T, other *fixture) { t.Helper(); other.mustGet(t, "/me", http.StatusOK) },
		"gone":      func(t *testing.T, other *fixture) { t.Helper(); _ = other.session.Logout(t.Context()) },
		"replaced":  func(t *testing.T, other *fixture) { t.Helper(); other.as(t, "bob") },
	} {
		store := newFaulty()
		f := start(t, authtest.Config{}, with(store))
		other := join(t, f.Server, with(store.Memory))
		f.ExpireAccess()
		happens(t, other)
		store.fail(0, 0, 1)
		if name == "refreshed" {
			f.mustGet(t, "/me", http.StatusOK)
		} else {
			f.mustFail(t, "/me", auth.ErrLoginRequired)
		}
		if n := f.Stats().Reuses; n != 0 {
			t.Errorf("%s: %d reuses", name, n)
		}
	}
}

// TestRule03_AdoptedTooLate: a token that was adopted, or found in the store, may have expired as
// well; then it is refreshed, for the same call.
func TestRule03_AdoptedTooLate(t *testing.T) {
	t.Parallel()
	f, other, store := pair(t, authtest.Config{})
	f.ExpireAccess()
	other.mustGet(t, "/me", http.StatusOK)
	f.ExpireAccess()
	f.mustGet(t, "/me", http.StatusOK)
	f.AssertRefreshes(t, 2)

	if err := f.session.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	again := join(t, f.Server, with(store))
	again.login(t)
	f.ExpireAccess()
	f.mustGet(t, "/me", http.StatusOK) // unsigned, then with the token it found, then with a new one
	f.AssertRefreshes(t, 3)
	f.AssertNoReuse(t)
}

// TestRule03_Gone: a session that another process has ended is over here as well.
func TestRule03_Gone(t *testing.T) {
	t.Parallel()
	f, other, _ := pair(t, authtest.Config{})
	if err := other.session.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.ExpireAccess()
	f.mustFail(t, "/me", auth.ErrLoginRequired)
	f.AssertRefreshes(t, 0)
	f.events.want(t, "signed in, signed out")
	if r := f.events.last().Reason; r != auth.ReasonEndedElsewhere {
		t.Errorf("reason: %v", r)
	}
}

// TestRule03_NeverAnotherUsers: when another process logs in as a different user, no request of
// this one carries that token, now or later.
func TestRule03_NeverAnotherUsers(t *testing.T) {
	t.Parallel()
	for _, opaque := range []bool{false, true} {
		f, other, _ := pair(t, authtest.Config{OpaqueTokens: opaque})
		other.as(t, "bob")
		f.Revoke("alice")
		f.mustFail(t, "/me", auth.ErrLoginRequired)
		if r := f.events.last().Reason; r != auth.ReasonReplaced {
			t.Errorf("reason: %v", r)
		}
		for range 2 {
			f.mustFail(t, "/me", auth.ErrLoginRequired) // unsigned
		}
		if st, err := f.session.Status(t.Context()); err != nil || st.SignedIn || st.Reason != auth.ReasonReplaced {
			t.Errorf("opaque %v: %+v, %v", opaque, st, err)
		}
		if _, err := f.session.Token(t.Context()); err == nil {
			t.Error("Token gave out bob's")
		}
		other.mustGet(t, "/me", http.StatusOK) // bob is still signed in
		f.AssertRefreshes(t, 0)
		f.as(t, "alice")
		f.mustGet(t, "/me", http.StatusOK)
	}
}

// TestRule03_NeverForAnOldRequest: a session that is found in the store after ours has ended serves
// new requests, unless its token names another user, but none that was made for the old user.
func TestRule03_NeverForAnOldRequest(t *testing.T) {
	t.Parallel()
	for _, opaque := range []bool{false, true} {
		f, other, _ := pair(t, authtest.Config{OpaqueTokens: opaque})
		release := f.HoldAPI(1)
		old := f.goGet(t.Context(), "/me")
		f.await(t, calling(3))
		if err := other.session.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		f.ExpireAccess()
		f.mustFail(t, "/me", auth.ErrLoginRequired)
		other.as(t, "bob")
		if opaque { // nothing says that it is another user
			if body := f.mustGet(t, "/me", http.StatusOK); !strings.Contains(body, "bob") {
				t.Errorf("got %s", body)
			}
		} else if _, err := f.session.Token(t.Context()); !errors.Is(f.mustFail(t, "/me", auth.ErrLoginRequired), err) &&
			!errors.Is(err, auth.ErrLoginRequired) {
			t.Errorf("Token: %v", err)
		}
		release()
		(<-old).fails(t, auth.ErrLoginRequired)
	}
}

// TestRule03_SameUserAgain: a login of the same user by another process is adopted, without a
// refresh.
func TestRule03_SameUserAgain(t *testing.T) {
	t.Parallel()
	f, other, _ := pair(t, authtest.Config{})
	f.ExpireAccess()
	other.as(t, "alice")
	f.mustGet(t, "/me", http.StatusOK)
	f.AssertRefreshes(t, 0)
	f.events.want(t, "signed in")
}

// TestRule03_CopiedRecord: the record of one account under the key of another is refused.
func TestRule03_CopiedRecord(t *testing.T) {
	t.Parallel()
	f, _, store := pair(t, authtest.Config{})
	put(t, store, "work", stored(t, store))
	g := join(t, f.Server, with(store), func(c *auth.Config) { c.Account = "work" })
	err := g.mustFail(t, "/me", auth.ErrSessionUnreadable)
	if !strings.Contains(err.Error(), `"work"`) || !strings.Contains(err.Error(), "another account") {
		t.Errorf("got %v", err)
	}

	// The same while the session is in use: it is neither adopted nor overwritten.
	h := join(t, f.Server, with(store), func(c *auth.Config) { c.Account = "home" })
	h.as(t, "carol")
	copied := stored(t, store)
	put(t, store, "home", copied)
	f.ExpireAccess()
	h.mustFail(t, "/me", auth.ErrSessionUnreadable, auth.ErrRefreshFailed)
	if data, err := store.Load(t.Context(), "home"); err != nil || string(data) != copied {
		t.Errorf("the record was changed: %v", err)
	}
	f.AssertRefreshes(t, 0)
}

// TestRule03_BackAgain: a session that is gone and comes back, by a backup say, is used again; a
// request that is under way is not affected.
func TestRule03_BackAgain(t *testing.T) {
	t.Parallel()
	f, other, store := pair(t, authtest.Config{})
	f.ExpireAccess()
	f.FailRefresh(1, http.StatusServiceUnavailable, nil, "")
	f.mustFail(t, "/me", auth.ErrRefreshFailed)
	release := f.HoldAPI(1)
	late := f.goGet(t.Context(), "/me")
	f.await(t, calling(4))
	old := stored(t, store)
	err := store.Update(t.Context(), "default", func(context.Context, []byte) ([]byte, error) { return nil, nil })
	if err != nil {
		t.Fatal(err)
	}
	f.mustFail(t, "/me", auth.ErrLoginRequired)
	put(t, store, "default", old)
	if st, err := f.session.Status(t.Context()); err != nil || !st.SignedIn {
		t.Errorf("got %+v, %v", st, err)
	}
	release()
	(<-late).want(t, http.StatusOK)
	other.mustGet(t, "/me", http.StatusOK)
	f.AssertNoReuse(t)
}

// TestRule03_Older: a store that holds an older token of the session, put back by a backup say,
// gets the newer one.
func TestRule03_Older(t *testing.T) {
	t.Parallel()
	f, _, store := pair(t, authtest.Config{})
	old := stored(t, store)
	f.ExpireAccess()
	f.mustGet(t, "/me", http.StatusOK)
	put(t, store, "default", old)
	f.ExpireAccess()
	f.mustGet(t, "/me", http.StatusOK)
	f.AssertNoReuse(t)
	if stored(t, store) == old {
		t.Error("the store still holds the old token")
	}
}
