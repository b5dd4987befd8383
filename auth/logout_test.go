package auth_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/storage"
)

// TestLogout_storeFails: it signs out here and says so; the session comes back neither by a reload
// nor after a restart, and goes once the store works again.
func TestLogout_storeFails(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(*faulty){
		"before the session is read": func(s *faulty) { s.fail(0, 3, 0) },
		"after":                      func(s *faulty) { s.fail(0, 0, 3) },
	} {
		for _, known := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				store := newFaulty()
				f := start(t, authtest.Config{InMemory: true}, with(store))
				g := f
				if !known { // a program that only logs out
					g = join(t, f.Server, with(store))
				}
				set(store)
				if err := g.session.Logout(t.Context()); !errors.Is(err, auth.ErrPersist) || !errors.Is(err, errFull) {
					t.Errorf("%s: got %v", name, err)
				}
				for range 3 {
					g.mustFail(t, "/me", auth.ErrLoginRequired)
				}
				if st, err := g.session.Status(t.Context()); err != nil || st.SignedIn || !st.Unsaved {
					t.Errorf("%s: %+v, %v", name, st, err)
				}
				if stored(t, store) == "" {
					t.Fatal("nothing to test: the store did not fail")
				}
				sleep(time.Minute)
				if stored(t, store) != "" {
					t.Errorf("%s: the session is still stored", name)
				}
				finish(f, g)
			})
		}
	}
}

// TestLogout_closeDeletes: Close tries once more, so that a restart finds nothing.
func TestLogout_closeDeletes(t *testing.T) {
	t.Parallel()
	store := newFaulty()
	f := start(t, authtest.Config{}, with(store))
	store.fail(0, always, 0)
	if err := f.session.Logout(t.Context()); !errors.Is(err, auth.ErrPersist) {
		t.Errorf("got %v", err)
	}
	f.events.want(t, "signed in, signed out, persist failed")
	if err := f.session.Close(t.Context()); !errors.Is(err, auth.ErrPersist) {
		t.Errorf("got %v", err)
	}
	store.fail(0, 0, 0)
	if err := f.session.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if stored(t, store) != "" {
		t.Error("the session is still stored")
	}
	join(t, f.Server, with(store)).mustFail(t, "/me", auth.ErrLoginRequired)
}

// TestLogout_storeFailsUnreadable: what could not be read either goes as well.
func TestLogout_storeFailsUnreadable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newFaulty()
		put(t, store, "default", "damaged")
		s := authtest.NewServer(authtest.Config{InMemory: true})
		f := join(t, s, with(store))
		store.fail(0, 1, 0)
		if err := f.session.Logout(t.Context()); !errors.Is(err, auth.ErrPersist) {
			t.Errorf("got %v", err)
		}
		sleep(time.Minute)
		if got := stored(t, store); got != "" {
			t.Errorf("still stored: %q", got)
		}
		finish(f)
	})
}

// TestLogout_thenAnotherLogin: a login by another process after a Logout that failed is not what
// was to be deleted.
func TestLogout_thenAnotherLogin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newFaulty()
		f := start(t, authtest.Config{InMemory: true}, with(store))
		g := join(t, f.Server, with(store))
		store.fail(0, 1, 0)
		if err := g.session.Logout(t.Context()); !errors.Is(err, auth.ErrPersist) {
			t.Errorf("got %v", err)
		}
		sleep(time.Millisecond)
		f.as(t, "alice")
		sleep(time.Minute)
		g.mustGet(t, "/me", http.StatusOK) // found by the reload
		f.mustGet(t, "/me", http.StatusOK)
		if stored(t, store) == "" {
			t.Error("the new session was deleted")
		}
		finish(f, g)
	})
}

// TestLogout_twice: a Logout that is repeated, because the first one failed, still knows which
// session it is about, though another process has refreshed that since.
func TestLogout_twice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newFaulty()
		f := start(t, authtest.Config{InMemory: true}, with(store))
		other := join(t, f.Server, with(store.Memory))
		store.fail(0, 2, 0)
		for range 2 {
			if err := f.session.Logout(t.Context()); !errors.Is(err, auth.ErrPersist) {
				t.Errorf("got %v", err)
			}
		}
		sleep(time.Millisecond)
		f.ExpireAccess()
		other.mustGet(t, "/me", http.StatusOK)
		f.mustFail(t, "/me", auth.ErrLoginRequired)
		sleep(time.Minute)
		if stored(t, store) != "" {
			t.Error("still stored")
		}
		finish(f, other)
	})
}

// TestLogin_isAsOldAsItsSave: a Logout that failed while a login of another process waited for the
// lock is not about that.
func TestLogin_isAsOldAsItsSave(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newFaulty()
		f := start(t, authtest.Config{InMemory: true}, with(store))
		other := join(t, f.Server, with(store.Memory))
		free := make(chan struct{})
		go func() {
			_ = store.Memory.Update(t.Context(), "default", func(_ context.Context, old []byte) ([]byte, error) { <-free; return old, nil })
		}()
		synctest.Wait()
		in := make(chan error, 1)
		go func() { in <- other.session.Login(t.Context(), token(f.Issue("bob"))) }()
		sleep(10 * time.Millisecond)
		store.fail(0, 1, 0)
		if err := f.session.Logout(t.Context()); !errors.Is(err, auth.ErrPersist) {
			t.Errorf("got %v", err)
		}
		sleep(10 * time.Millisecond)
		close(free)
		if err := <-in; err != nil {
			t.Error(err)
		}
		sleep(time.Minute)
		other.mustGet(t, "/me", http.StatusOK)
		if stored(t, store) == "" {
			t.Error("the new session was deleted")
		}
		finish(f, other)
	})
}

// TestLogin_thenLoginAgain: a pending save of the previous session is forgotten.
func TestLogin_thenLoginAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newFaulty()
		f := start(t, authtest.Config{InMemory: true}, with(store))
		store.fail(0, 1, 0)
		if err := f.session.Logout(t.Context()); !errors.Is(err, auth.ErrPersist) {
			t.Errorf("got %v", err)
		}
		f.login(t)
		sleep(time.Minute)
		f.mustGet(t, "/me", http.StatusOK)
		join(t, f.Server, with(store)).mustGet(t, "/me", http.StatusOK)
		if st, err := f.session.Status(t.Context()); err != nil || st.Unsaved {
			t.Errorf("got %+v, %v", st, err)
		}
		finish(f)
	})
}

// TestLogin_together: whatever order logins and logouts that overlap happen in, memory and store
// agree at the end.
func TestLogin_together(t *testing.T) {
	t.Parallel()
	s := authtest.NewServer(authtest.Config{})
	t.Cleanup(s.Close)
	for range 100 {
		store := storage.NewMemory()
		f := join(t, s, with(store))
		var group sync.WaitGroup
		for _, user := range []string{"alice", "bob"} {
			group.Go(func() { f.as(t, user) })
		}
		group.Go(func() {
			if err := f.session.Logout(t.Context()); err != nil {
				t.Error(err)
			}
		})
		group.Wait()
		known, err := f.session.Token(t.Context())
		if err != nil && !errors.Is(err, auth.ErrLoginRequired) {
			t.Fatal(err)
		}
		again, againErr := join(t, s, with(store)).session.Token(t.Context())
		if known.AccessToken != again.AccessToken || (err == nil) != (againErr == nil) {
			t.Fatalf("in memory %v, %v; stored %v, %v", known, err, again, againErr)
		}
	}
}

// TestLogin_turn: waiting for another Login ends with the context.
func TestLogin_turn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := storage.NewMemory()
		f := start(t, authtest.Config{InMemory: true}, with(store))
		free := make(chan struct{})
		go func() {
			_ = store.Update(t.Context(), "default", func(_ context.Context, old []byte) ([]byte, error) { <-free; return old, nil })
		}()
		synctest.Wait()
		first := make(chan error, 1)
		go func() { first <- f.session.Login(t.Context(), token(f.Issue("bob"))) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := f.session.Login(ctx, token(f.Issue("carol"))); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, auth.ErrPersist) {
			t.Errorf("got %v", err)
		}
		f.mustGet(t, "/me", http.StatusOK) // still alice
		close(free)
		if err := <-first; err != nil {
			t.Error(err)
		}
		finish(f)
	})
}

// TestLogin_refuses what cannot be a token.
func TestLogin_refuses(t *testing.T) {
	t.Parallel()
	session, err := auth.New(auth.Config{BaseURL: "https://api.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tok := range []auth.Token{
		{},
		{AccessToken: "from a file\n"},
		{AccessToken: "two words"},
		{AccessToken: "x\x00"},
		{AccessToken: "ü"},
		{AccessToken: "\xff"},
		{RefreshToken: "\xff"},
	} {
		if err := session.Login(t.Context(), tok); err == nil || errors.Is(err, auth.ErrPersist) {
			t.Errorf("%q: got %v", tok.AccessToken, err)
		}
	}
	own, err := auth.New(auth.Config{BaseURL: "https://api.example.com", SetCredential: func(*http.Request, auth.Token) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	if err := own.Login(t.Context(), auth.Token{AccessToken: "two words"}); err != nil {
		t.Errorf("with SetCredential: %v", err)
	}
}

// TestLogout_duringReload: what a reload had read before the session was deleted does not come
// back, whenever it began.
func TestLogout_duringReload(t *testing.T) {
	t.Parallel()
	for _, when := range []string{"before", "while it waits for the lock", "after it failed"} {
		synctest.Test(t, func(t *testing.T) {
			store := newFaulty()
			slow := &slowReader{Memory: store.Memory, gate: make(chan chan struct{}, 1)}
			s := authtest.NewServer(authtest.Config{InMemory: true})
			f := join(t, s, with(struct {
				reader
				updater
			}{slow, store}))
			f.mustFail(t, "/me", auth.ErrLoginRequired)
			other := join(t, s, with(store.Memory))
			other.login(t)
			free, release := make(chan struct{}), make(chan struct{})
			go func() {
				_ = store.Memory.Update(t.Context(), "default", func(_ context.Context, old []byte) ([]byte, error) { <-free; return old, nil })
			}()
			synctest.Wait()
			var late <-chan result
			reload := func() {
				slow.gate <- release
				late = f.goGet(t.Context(), "/me")
				synctest.Wait() // it has read the session of the other process
			}
			logout := func() {
				go func() { _ = f.session.Logout(t.Context()) }()
				synctest.Wait()
			}
			switch when {
			case "before":
				reload()
				logout()
				close(free)
			case "while it waits for the lock":
				logout()
				reload()
				close(free)
			default:
				close(free)
				store.fail(0, 1, 0)
				logout()
				reload()
			}
			sleep(2 * time.Second)
			if stored(t, store) != "" {
				t.Errorf("%s: still stored", when)
			}
			close(release)
			(<-late).fails(t, auth.ErrLoginRequired)
			if st, err := f.session.Status(t.Context()); err != nil || st.SignedIn {
				t.Errorf("%s: %+v, %v", when, st, err)
			}
			finish(f, other)
		})
	}
}

// reader and updater are the halves of a store.
type (
	reader interface {
		Load(ctx context.Context, key string) ([]byte, error)
	}
	updater interface {
		Update(ctx context.Context, key string, fn func(ctx context.Context, old []byte) ([]byte, error)) error
	}
)
