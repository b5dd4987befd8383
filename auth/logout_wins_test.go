package auth_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/storage"
)

// revocations collects the refresh tokens that were revoked.
type revocations struct {
	mu  sync.Mutex
	all []string
}

func (r *revocations) use(c *auth.Config) {
	c.Revoke = func(_ context.Context, tok auth.Token) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.all = append(r.all, tok.RefreshToken)
		return nil
	}
}

// TestRule07_LogoutWins: from the moment Logout is called nothing is signed, the store is empty,
// the server knows.
func TestRule07_LogoutWins(t *testing.T) {
	t.Parallel()
	store := storage.NewMemory()
	f := start(t, authtest.Config{}, with(store), func(c *auth.Config) {
		c.Revoke = auth.OAuth2Revoker{URL: c.BaseURL + "/oauth/revoke", Transport: transport(t)}.Revoke
	})
	if err := f.session.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.mustFail(t, "/me", auth.ErrLoginRequired)
	f.AssertSessions(t, 0)
	f.events.want(t, "signed in, signed out")
	if e := f.events.last(); e.Reason != auth.ReasonLogout || e.Err != nil {
		t.Errorf("got %v", e)
	}
	if stored(t, store) != "" {
		t.Error("the session is still stored")
	}
	for range 2 { // nobody is signed in: no error, no event
		if err := f.session.Logout(t.Context()); err != nil {
			t.Error(err)
		}
	}
	f.events.want(t, "signed in, signed out")
}

// TestRule07_LogoutDuringRefresh: the store stays empty, waiting callers learn of the logout at
// once, and a token that arrives late is discarded and revoked.
func TestRule07_LogoutDuringRefresh(t *testing.T) {
	t.Parallel()
	store := storage.NewMemory()
	var revoked revocations
	f := start(t, authtest.Config{}, with(store), revoked.use)
	before, err := f.session.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f.ExpireAccess()
	release := f.HoldRefresh()
	waiter := f.goGet(t.Context(), "/me")
	f.await(t, refreshing(1))
	left := make(chan error, 1)
	go func() { left <- f.session.Logout(t.Context()) }()
	(<-waiter).fails(t, auth.ErrLoginRequired)
	release()
	if err := <-left; err != nil {
		t.Error(err)
	}
	if err := f.session.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if stored(t, store) != "" {
		t.Error("the store holds something")
	}
	late := 0
	for _, tok := range revoked.all {
		if tok != before.RefreshToken {
			late++
		}
	}
	if late == 0 {
		t.Error("the late token was not revoked")
	}
	f.mustFail(t, "/me", auth.ErrLoginRequired)
	f.events.want(t, "signed in, signed out")
}

// TestRule07_LogoutAndLoginDuringRefresh: the refresh of the old session does not touch the new
// one.
func TestRule07_LogoutAndLoginDuringRefresh(t *testing.T) {
	t.Parallel()
	store := storage.NewMemory()
	f := start(t, authtest.Config{}, with(store))
	f.ExpireAccess()
	release := f.HoldRefresh()
	waiter := f.goGet(t.Context(), "/me")
	f.await(t, refreshing(1))
	changed := make(chan error, 1)
	go func() {
		err := f.session.Logout(t.Context())
		changed <- errors.Join(err, f.session.Login(t.Context(), token(f.Issue("bob"))))
	}()
	(<-waiter).fails(t, auth.ErrLoginRequired)
	release()
	if err := <-changed; err != nil {
		t.Fatal(err)
	}
	if body := f.mustGet(t, "/me", http.StatusOK); !strings.Contains(body, "bob") {
		t.Errorf("got %s", body)
	}
	f.AssertRefreshes(t, 1)
	again := join(t, f.Server, with(store))
	if body := again.mustGet(t, "/me", http.StatusOK); !strings.Contains(body, "bob") {
		t.Errorf("after a restart: %s", body)
	}
}

// TestRule07_LoginDuringRefresh waits for the refresh and replaces what it brought. Who waited gets
// the new session.
func TestRule07_LoginDuringRefresh(t *testing.T) {
	t.Parallel()
	store := storage.NewMemory()
	f := start(t, authtest.Config{}, with(store))
	f.ExpireAccess()
	release := f.HoldRefresh()
	waiter := f.goGet(t.Context(), "/me")
	f.await(t, refreshing(1))
	second := token(f.Issue("alice"))
	changed := make(chan error, 1)
	go func() { changed <- f.session.Login(t.Context(), second) }()
	release()
	if err := <-changed; err != nil {
		t.Fatal(err)
	}
	(<-waiter).want(t, http.StatusOK)
	if got, err := f.session.Token(t.Context()); err != nil || got.AccessToken != second.AccessToken {
		t.Errorf("another session is in use, %v", err)
	}
	if !strings.Contains(stored(t, store), second.RefreshToken) {
		t.Error("another session is stored")
	}
}

// TestRule07_HangingRefresh: a server that does not answer holds Logout up for five seconds, not
// for the whole timeout.
func TestRule07_HangingRefresh(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := storage.NewMemory()
		f := start(t, authtest.Config{InMemory: true}, with(store))
		f.ExpireAccess()
		release := f.HoldRefresh()
		waiter := f.goGet(t.Context(), "/me")
		synctest.Wait()
		begin := time.Now()
		if err := f.session.Logout(t.Context()); err != nil {
			t.Error(err)
		}
		if waited := time.Since(begin); waited != 5*time.Second {
			t.Errorf("took %v", waited)
		}
		(<-waiter).fails(t, auth.ErrLoginRequired)
		if stored(t, store) != "" {
			t.Error("the session is still stored")
		}
		f.mustFail(t, "/me", auth.ErrLoginRequired)
		release()
		finish(f)
	})
}

// TestRule07_LockHeld: with another process in the lock Logout takes no longer than its context;
// nothing is signed in the meantime, and the session goes as soon as the lock is free.
func TestRule07_LockHeld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := storage.NewMemory()
		f := start(t, authtest.Config{InMemory: true}, with(store))
		free := make(chan struct{})
		go func() {
			_ = store.Update(t.Context(), "default", func(_ context.Context, old []byte) ([]byte, error) { <-free; return old, nil })
		}()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		left := make(chan error, 1)
		go func() { left <- f.session.Logout(ctx) }()
		synctest.Wait()
		f.mustFail(t, "/me", auth.ErrLoginRequired)
		if err := <-left; !errors.Is(err, auth.ErrPersist) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		f.mustFail(t, "/me", auth.ErrLoginRequired)
		close(free)
		sleep(time.Minute)
		if stored(t, store) != "" {
			t.Error("the session is still stored")
		}
		finish(f)
	})
}

// TestRule07_Offline: Logout works without a network, tells by its event that the server was not
// told, and the session does not come back after a restart.
func TestRule07_Offline(t *testing.T) {
	t.Parallel()
	store := storage.NewMemory()
	unreachable := errors.New("no network")
	f := start(t, authtest.Config{}, with(store), func(c *auth.Config) {
		c.Revoke = func(context.Context, auth.Token) error { return unreachable }
	})
	if err := f.session.Logout(t.Context()); err != nil {
		t.Errorf("got %v", err)
	}
	f.events.want(t, "signed in, signed out")
	if err := f.events.last().Err; !errors.Is(err, unreachable) {
		t.Errorf("the event does not tell that the server was not told: %v", err)
	}
	join(t, f.Server, with(store)).mustFail(t, "/me", auth.ErrLoginRequired)
}

// TestRule07_RevokeHangs: a revocation endpoint that does not answer holds Logout up for ten
// seconds.
func TestRule07_RevokeHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := start(t, authtest.Config{InMemory: true}, func(c *auth.Config) {
			c.Revoke = func(ctx context.Context, _ auth.Token) error { <-ctx.Done(); return ctx.Err() }
		})
		begin := time.Now()
		if err := f.session.Logout(t.Context()); err != nil || time.Since(begin) != 10*time.Second {
			t.Errorf("%v after %v", err, time.Since(begin))
		}
		finish(f)
	})
}

// TestRule07_RevokesTheNewest: where memory knows a newer token than the store, that one is
// revoked.
func TestRule07_RevokesTheNewest(t *testing.T) {
	t.Parallel()
	store := newFaulty()
	var revoked revocations
	f := start(t, authtest.Config{}, with(store), revoked.use)
	store.fail(0, 0, 1)
	f.ExpireAccess()
	f.mustGet(t, "/me", http.StatusOK)
	newest, err := f.session.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := f.session.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(revoked.all) != 1 || revoked.all[0] != newest.RefreshToken {
		t.Error("another token was revoked")
	}
}

// TestRule07_LoginFails changes nothing.
func TestRule07_LoginFails(t *testing.T) {
	t.Parallel()
	store := newFaulty()
	f := start(t, authtest.Config{}, with(store))
	store.fail(0, 0, 1)
	if err := f.session.Login(t.Context(), auth.Token{AccessToken: "other"}); !errors.Is(err, auth.ErrPersist) || !errors.Is(err, errFull) {
		t.Errorf("got %v", err)
	}
	f.mustGet(t, "/me", http.StatusOK)
	f.events.want(t, "signed in")
}
