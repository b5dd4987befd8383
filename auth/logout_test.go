package auth_test

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"testing"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/storage"
)

// TestA_LogoutDuringRefresh: the store stays empty, who waits hears of the logout at once, and what comes late is revoked.
func TestA_LogoutDuringRefresh(t *testing.T) {
	t.Parallel()
	store := storage.NewMemory()
	revoked := make(chan string, 4)
	f := start(t, authtest.Config{}, func(c *auth.Config) {
		c.Store = store
		c.Revoke = func(_ context.Context, tok auth.Token) error { revoked <- tok.RefreshToken; return nil }
	})
	before, err := f.session.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f.ExpireAccess()
	release := f.HoldRefresh()
	waiter := make(chan error, 1)
	go func() {
		_, _, err := f.get(t.Context(), "/me")
		waiter <- err
	}()
	if err := f.Wait(t.Context(), func(s authtest.Stats) bool { return s.Refreshes == 1 }); err != nil {
		t.Fatal(err)
	}
	left := make(chan error, 1)
	go func() { left <- f.session.Logout(t.Context()) }()
	if err := <-waiter; !errors.Is(err, auth.ErrLoginRequired) {
		t.Errorf("the waiter got %v", err)
	}
	release()
	if err := <-left; err != nil {
		t.Error(err)
	}
	if _, err := store.Load(t.Context(), "default"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the store holds something: %v", err)
	}
	if err := f.session.Close(t.Context()); err != nil {
		t.Error(err)
	}
	close(revoked)
	late := false
	for tok := range revoked {
		late = late || tok != before.RefreshToken
	}
	if !late {
		t.Error("the late token was not revoked")
	}
	f.mustGet(t, "/me", http.StatusUnauthorized)
}

// TestB_LogoutAndLoginDuringRefresh: the refresh of the old session does not touch the new one.
func TestB_LogoutAndLoginDuringRefresh(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	f.ExpireAccess()
	release := f.HoldRefresh()
	waiter := make(chan error, 1)
	go func() {
		_, _, err := f.get(t.Context(), "/me")
		waiter <- err
	}()
	if err := f.Wait(t.Context(), func(s authtest.Stats) bool { return s.Refreshes == 1 }); err != nil {
		t.Fatal(err)
	}
	changed := make(chan error, 1)
	go func() {
		err := f.session.Logout(t.Context())
		changed <- errors.Join(err, f.session.Login(t.Context(), token(f.Issue("bob"))))
	}()
	if err := <-waiter; !errors.Is(err, auth.ErrLoginRequired) {
		t.Errorf("the waiter got %v", err)
	}
	release()
	if err := <-changed; err != nil {
		t.Fatal(err)
	}
	if body := f.mustGet(t, "/me", http.StatusOK); body == "" {
		t.Error("no answer")
	}
	f.AssertRefreshes(t, 1)
}

// TestLogout_offline works, and the session does not come back after a restart.
func TestLogout_offline(t *testing.T) {
	t.Parallel()
	store := storage.NewMemory()
	use := func(c *auth.Config) {
		c.Store = store
		c.Revoke = func(context.Context, auth.Token) error { return errors.New("no network") }
	}
	f := start(t, authtest.Config{}, use)
	if err := f.session.Logout(t.Context()); err != nil {
		t.Errorf("got %v", err)
	}
	f.events.want(t, "signed in, signed out")
	if f.events.all[1].Err == nil {
		t.Error("the event does not tell that the server was not told")
	}
	again := join(t, f.Server, use)
	again.mustGet(t, "/me", http.StatusUnauthorized)
}

// TestLogout_byAnotherProcess: a session that is gone from the store is gone here.
func TestLogout_byAnotherProcess(t *testing.T) {
	t.Parallel()
	store := storage.NewMemory()
	use := func(c *auth.Config) { c.Store = store }
	f := start(t, authtest.Config{}, use)
	other := join(t, f.Server, use)
	other.mustGet(t, "/me", http.StatusOK)
	if err := other.session.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.ExpireAccess()
	f.mustFail(t, "/me", auth.ErrLoginRequired)
	f.AssertRefreshes(t, 0)
}

// TestRule03_AdoptsTheOthersToken: another process's refresh is taken over without a call (test C, in one process).
func TestRule03_AdoptsTheOthersToken(t *testing.T) {
	t.Parallel()
	store := storage.NewMemory()
	use := func(c *auth.Config) { c.Store = store }
	f := start(t, authtest.Config{}, use)
	other := join(t, f.Server, use)
	f.ExpireAccess()
	other.mustGet(t, "/me", http.StatusOK)
	f.mustGet(t, "/me", http.StatusOK)
	f.AssertRefreshes(t, 1)
	f.AssertNoReuse(t)
}

// TestRule03_NeverAnotherUsers: when another process logs in as somebody else, no request of ours carries that token.
func TestRule03_NeverAnotherUsers(t *testing.T) {
	t.Parallel()
	store := storage.NewMemory()
	use := func(c *auth.Config) { c.Store = store }
	f := start(t, authtest.Config{Users: authtest.Secrets{"alice": "a", "bob": "b"}}, use)
	f.mustGet(t, "/me", http.StatusOK)
	other := join(t, f.Server, use)
	if err := other.session.Login(t.Context(), token(f.Issue("bob"))); err != nil {
		t.Fatal(err)
	}
	f.Revoke("alice")
	f.mustFail(t, "/me", auth.ErrLoginRequired)
	f.mustGet(t, "/me", http.StatusUnauthorized)
	other.mustGet(t, "/me", http.StatusOK) // bob is still signed in
}
