package auth_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/storage"
)

// inspector looks at every request before it is sent.
type inspector struct {
	http.RoundTripper

	look func(*http.Request)
}

func (i inspector) RoundTrip(r *http.Request) (*http.Response, error) {
	i.look(r)
	return i.RoundTripper.RoundTrip(r)
}

// TestRule05_SaveBeforeUse: whenever a token is on the wire, the store has it.
func TestRule05_SaveBeforeUse(t *testing.T) {
	t.Parallel()
	store := storage.NewMemory()
	f := start(t, authtest.Config{}, with(store))
	seen := 0
	f.client = clientOver(f.session, inspector{f.Transport(), func(r *http.Request) {
		seen++
		tok := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		if tok == "" || !strings.Contains(stored(t, store), tok) {
			t.Error("a token is on the wire that is not stored")
		}
	}})
	for range 3 {
		f.ExpireAccess()
		f.mustGet(t, "/me", http.StatusOK)
	}
	if seen != 6 {
		t.Errorf("%d requests", seen)
	}
}

// TestRule05_ProveFirst: where the store cannot write, the refresh token is not spent.
func TestRule05_ProveFirst(t *testing.T) {
	t.Parallel()
	store := newFaulty()
	f := start(t, authtest.Config{}, with(store))
	f.ExpireAccess()
	store.fail(0, 1, 0)
	f.mustFail(t, "/me", auth.ErrRefreshFailed, errFull)
	f.AssertRefreshes(t, 0)
	f.mustGet(t, "/me", http.StatusOK)
	f.AssertRefreshes(t, 1)
}

// TestRule05_SaveFails: the new pair works on in memory, the failure is reported, and the store has
// it as soon as it can.
func TestRule05_SaveFails(t *testing.T) {
	t.Parallel()
	for _, times := range []int{1, 2, 5} {
		synctest.Test(t, func(t *testing.T) {
			store := newFaulty()
			f := start(t, authtest.Config{InMemory: true}, with(store))
			before := stored(t, store)
			store.fail(0, 0, times)
			f.ExpireAccess()
			f.mustGet(t, "/me", http.StatusOK)
			f.events.want(t, "signed in, token refreshed, persist failed")
			if err := f.events.last().Err; !errors.Is(err, auth.ErrPersist) || !errors.Is(err, errFull) {
				t.Errorf("got %v", err)
			}
			if st, err := f.session.Status(t.Context()); err != nil || !st.Unsaved || !st.SignedIn {
				t.Errorf("got %+v, %v", st, err)
			}
			if stored(t, store) != before {
				t.Error("the store was changed")
			}
			sleep(2 * time.Minute) // 1 s, 2 s, 4 s …
			if st, err := f.session.Status(t.Context()); err != nil || st.Unsaved {
				t.Errorf("after two minutes: got %+v, %v", st, err)
			}
			again := join(t, f.Server, with(store))
			again.mustGet(t, "/me", http.StatusOK)
			again.AssertRefreshes(t, 1)
			finish(f, again)
		})
	}
}

// TestRule05_RefreshUnsaved: the next refresh spends the token in memory, not the spent one in the
// store, and its save settles the matter.
func TestRule05_RefreshUnsaved(t *testing.T) {
	t.Parallel()
	store := newFaulty()
	f := start(t, authtest.Config{}, with(store))
	store.fail(0, 0, 1)
	for range 2 {
		f.ExpireAccess()
		f.mustGet(t, "/me", http.StatusOK)
	}
	f.AssertRefreshes(t, 2)
	f.AssertNoReuse(t)
	if st, err := f.session.Status(t.Context()); err != nil || st.Unsaved {
		t.Errorf("got %+v, %v", st, err)
	}
}

// TestClose_savesWhatIsOwed tries once more.
func TestClose_savesWhatIsOwed(t *testing.T) {
	t.Parallel()
	store := newFaulty()
	f := start(t, authtest.Config{}, with(store))
	store.fail(0, 0, always)
	f.ExpireAccess()
	f.mustGet(t, "/me", http.StatusOK)
	if err := f.session.Close(t.Context()); !errors.Is(err, auth.ErrPersist) || !errors.Is(err, errFull) {
		t.Errorf("got %v", err)
	}
	store.fail(0, 0, 0)
	if err := f.session.Close(t.Context()); err != nil {
		t.Errorf("got %v", err)
	}
	again := join(t, f.Server, with(store))
	again.mustGet(t, "/me", http.StatusOK)
	f.AssertRefreshes(t, 1)
}

// TestRule05_LostToLogout: a session that another process has ended before it could be saved is
// over, and the token that process did not know is revoked.
func TestRule05_LostToLogout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newFaulty()
		var revoked []string
		f := start(t, authtest.Config{InMemory: true}, with(store), func(c *auth.Config) {
			c.Revoke = func(_ context.Context, tok auth.Token) error { revoked = append(revoked, tok.RefreshToken); return nil }
		})
		store.fail(0, 0, 1)
		f.ExpireAccess()
		f.mustGet(t, "/me", http.StatusOK)
		newest, err := f.session.Token(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		other := join(t, f.Server, with(store))
		if err := other.session.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		sleep(time.Minute)
		f.mustFail(t, "/me", auth.ErrLoginRequired)
		f.events.want(t, "signed in, token refreshed, persist failed, signed out")
		if len(revoked) != 1 || revoked[0] != newest.RefreshToken {
			t.Error("the newest token was not revoked")
		}
		finish(f, other)
	})
}

// TestRule05_LostToLogin: one that another process has replaced is not saved over the new one.
func TestRule05_LostToLogin(t *testing.T) {
	t.Parallel()
	for user, event := range map[string]string{"alice": "", "bob": ", signed out"} {
		synctest.Test(t, func(t *testing.T) {
			store := newFaulty()
			f := start(t, authtest.Config{InMemory: true}, with(store))
			store.fail(0, 0, 1)
			f.ExpireAccess()
			f.mustGet(t, "/me", http.StatusOK)
			other := join(t, f.Server, with(store))
			other.as(t, user)
			want := stored(t, store)
			sleep(time.Minute)
			if stored(t, store) != want {
				t.Error("the other login was overwritten")
			}
			f.events.want(t, "signed in, token refreshed, persist failed"+event)
			finish(f, other)
		})
	}
}

// TestRule05_NewerStored: what another process has stored in the meantime is not overwritten,
// but adopted.
func TestRule05_NewerStored(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newFaulty()
		f := start(t, authtest.Config{InMemory: true, ReuseGrace: time.Hour, GraceMints: true}, with(store))
		store.fail(0, 0, 1)
		f.ExpireAccess()
		f.mustGet(t, "/me", http.StatusOK)
		other := join(t, f.Server, with(store))
		f.ExpireAccess()
		other.mustGet(t, "/me", http.StatusOK) // with the spent token, which the server forgives
		want := stored(t, store)
		sleep(time.Minute)
		if stored(t, store) != want {
			t.Error("the other's token was overwritten")
		}
		f.mustGet(t, "/me", http.StatusOK)
		f.AssertRefreshes(t, 2)
		finish(f, other)
	})
}

// TestRule05_KeyringErrorIsNoLogout: a session that cannot be read is an error, and comes back when
// it can.
func TestRule05_KeyringErrorIsNoLogout(t *testing.T) {
	t.Parallel()
	store := newFaulty()
	f := start(t, authtest.Config{}, with(store))
	store.fail(always, always, 0)
	again := join(t, f.Server, with(store))
	again.mustFail(t, "/me", errFull)
	if _, err := again.session.Status(t.Context()); !errors.Is(err, errFull) {
		t.Errorf("Status: %v", err)
	}
	if _, err := again.session.Token(t.Context()); !errors.Is(err, errFull) || errors.Is(err, auth.ErrLoginRequired) {
		t.Errorf("Token: %v", err)
	}
	f.ExpireAccess()
	f.mustFail(t, "/me", auth.ErrRefreshFailed, errFull)
	if n := again.Stats().APICalls; n != 1 {
		t.Errorf("%d requests went out", n)
	}
	store.fail(0, 0, 0)
	again.mustGet(t, "/me", http.StatusOK)
	f.mustGet(t, "/me", http.StatusOK)
	f.AssertRefreshes(t, 1)
}

// TestRule05_StorePanics: a panic in the Store is an error to the callers that needed it, and
// blocks no other.
func TestRule05_StorePanics(t *testing.T) {
	t.Parallel()
	store := newFaulty()
	f := start(t, authtest.Config{}, with(store))
	f.ExpireAccess()
	panics := func() {
		store.mu.Lock()
		defer store.mu.Unlock()
		store.panics = 1
	}
	panics()
	f.mustFail(t, "/me", auth.ErrRefreshFailed)
	panics()
	if err := f.session.Login(t.Context(), auth.Token{AccessToken: "x"}); !errors.Is(err, auth.ErrPersist) {
		t.Errorf("Login: %v", err)
	}
	f.mustGet(t, "/me", http.StatusOK)
	panics()
	if err := f.session.Logout(t.Context()); !errors.Is(err, auth.ErrPersist) {
		t.Errorf("Logout: %v", err)
	}
	if err := f.session.Logout(t.Context()); err != nil {
		t.Errorf("Logout: %v", err)
	}
	if stored(t, store) != "" {
		t.Error("the session is still stored")
	}
}
