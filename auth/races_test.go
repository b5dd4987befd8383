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
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/storage"
)

// hooked is a store that calls a function once, when an Update has been done and the lock is free,
// before anybody knows.
type hooked struct {
	*faulty

	after func()
	err   error // what the next Update returns although it has been done
}

func (h *hooked) Update(ctx context.Context, key string, fn func(context.Context, []byte) ([]byte, error)) error {
	err := h.faulty.Update(ctx, key, fn)
	if failed := h.err; failed != nil {
		h.err, err = nil, failed
	}
	if do := h.after; do != nil {
		h.after = nil
		do()
	}
	return err
}

// getAfter sends a request when the next Update has been done, and goes on when it can get no
// further.
func (h *hooked) getAfter(t *testing.T, f *fixture) <-chan result {
	t.Helper()
	done := make(chan result, 1)
	h.after = func() {
		go func() { done <- <-f.goGet(t.Context(), "/me") }()
		synctest.Wait()
	}
	return done
}

// TestRace_logoutAfterSave: a Logout that comes when a refresh has been saved and not made known
// yet wins, whatever the refresh came to.
func TestRace_logoutAfterSave(t *testing.T) {
	t.Parallel()
	for name, happens := range map[string]func(*fixture, *hooked){
		"a new token":          func(*fixture, *hooked) {},
		"a token not saved":    func(_ *fixture, h *hooked) { h.fail(0, 0, 1) },
		"trouble":              func(f *fixture, _ *hooked) { f.FailRefresh(1, http.StatusServiceUnavailable, nil, "") },
		"a dead refresh token": func(f *fixture, _ *hooked) { f.RevokeAll() },
		"another's token": func(f *fixture, h *hooked) {
			other := join(t, f.Server, with(h.Memory))
			other.mustGet(t, "/me", http.StatusOK)
			h.fail(2, 0, 0) // so that it is found under the lock only
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := &hooked{faulty: newFaulty()}
			var revoked revocations
			f := start(t, authtest.Config{}, with(store), revoked.use)
			f.ExpireAccess()
			happens(f, store)
			left := make(chan struct{})
			store.after = func() {
				defer close(left)
				if err := f.session.Logout(t.Context()); err != nil {
					t.Error(err)
				}
			}
			f.mustFail(t, "/me", auth.ErrLoginRequired)
			<-left // the request hears of the Logout before it is done
			if stored(t, store) != "" {
				t.Error("a session is stored")
			}
			f.mustFail(t, "/me", auth.ErrLoginRequired)
			f.events.want(t, "signed in, signed out")
			if err := f.session.Close(t.Context()); err != nil {
				t.Error(err)
			}
			if name == "a token not saved" && len(revoked.all) != 2 {
				t.Errorf("%d tokens were revoked: the new one is missing", len(revoked.all))
			}
			if st, err := f.session.Status(t.Context()); err != nil || st.Unsaved {
				t.Errorf("got %+v, %v", st, err)
			}
		})
	}
}

// TestRace_loginAfterSave: so does a Login; a request of the same user is sent with the new
// session.
func TestRace_loginAfterSave(t *testing.T) {
	t.Parallel()
	for name, happens := range map[string]func(*fixture, *hooked){
		"a new token":          func(*fixture, *hooked) {},
		"a token not saved":    func(_ *fixture, h *hooked) { h.fail(0, 0, 1) },
		"trouble":              func(f *fixture, _ *hooked) { f.FailRefresh(1, http.StatusServiceUnavailable, nil, "") },
		"a dead refresh token": func(f *fixture, _ *hooked) { f.RevokeAll() },
	} {
		for _, user := range []string{"alice", "bob"} {
			t.Run(name+", "+user, func(t *testing.T) {
				t.Parallel()
				store := &hooked{faulty: newFaulty()}
				f := start(t, authtest.Config{}, with(store))
				f.ExpireAccess()
				happens(f, store)
				store.after = func() { f.as(t, user) }
				status, body, err := f.get(t.Context(), "/me")
				if user == "bob" {
					if !errors.Is(err, auth.ErrLoginRequired) {
						t.Errorf("got %d %s, %v", status, body, err)
					}
				} else if err != nil || status != http.StatusOK {
					t.Errorf("got %d %s, %v", status, body, err)
				}
				if body := f.mustGet(t, "/me", http.StatusOK); !strings.Contains(body, user) {
					t.Errorf("got %s", body)
				}
				f.events.want(t, "signed in, signed in")
				if st, err := f.session.Status(t.Context()); err != nil || st.Unsaved {
					t.Errorf("got %+v, %v", st, err)
				}
			})
		}
	}
}

// TestRace_refreshAfterLogin: a refresh that finds what a Login of this process has stored, and not
// made known yet, takes it for no other process's, and waits until it is known.
func TestRace_refreshAfterLogin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &hooked{faulty: newFaulty()}
		f := start(t, authtest.Config{InMemory: true}, with(store))
		f.ExpireAccess()
		waiter := store.getAfter(t, f)
		f.as(t, "bob")
		(<-waiter).fails(t, auth.ErrLoginRequired)
		if body := f.mustGet(t, "/me", http.StatusOK); !strings.Contains(body, "bob") {
			t.Errorf("got %s", body)
		}
		f.events.want(t, "signed in, signed in")
		f.AssertRefreshes(t, 0)
	})
}

// TestRace_refreshAfterFailedLogin: where that Login fails, the refresh does, too, and the next one
// believes what is stored.
func TestRace_refreshAfterFailedLogin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &hooked{faulty: newFaulty()}
		f := start(t, authtest.Config{InMemory: true}, with(store))
		f.ExpireAccess()
		waiter := store.getAfter(t, f)
		store.err = errors.New("the disk is gone")
		if err := f.session.Login(t.Context(), token(f.Issue("bob"))); !errors.Is(err, auth.ErrPersist) {
			t.Errorf("got %v", err)
		}
		(<-waiter).fails(t, auth.ErrRefreshFailed)
		f.mustFail(t, "/me", auth.ErrLoginRequired)
		f.events.want(t, "signed in, refresh failed, signed out")
	})
}

// TestEvents_order: an OnEvent that causes events gets them afterwards, one at
// a time.
func TestEvents_order(t *testing.T) {
	t.Parallel()
	var told []string
	depth := 0
	var f *fixture
	f = start(t, authtest.Config{}, func(c *auth.Config) {
		c.OnEvent = func(e auth.Event) {
			depth++
			defer func() { depth-- }()
			if told = append(told, e.Kind.String()); len(told) == 2 {
				f.as(t, "alice")
				if err := f.session.Logout(t.Context()); err != nil {
					t.Error(err)
				}
			}
			if depth != 1 {
				t.Error("told of an event while being told of another")
			}
		}
	})
	f.as(t, "alice")
	if got := strings.Join(told, ", "); got != "signed in, signed in, signed in, signed out" {
		t.Errorf("got %s", got)
	}
}

// TestRace_logoutBeforeLock: a refresh that waited for the lock while its session was ended spends
// nothing.
func TestRace_logoutBeforeLock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := storage.NewMemory()
		f := start(t, authtest.Config{InMemory: true}, with(store))
		free := make(chan struct{})
		go func() {
			_ = store.Update(t.Context(), "default", func(_ context.Context, old []byte) ([]byte, error) { <-free; return old, nil })
		}()
		synctest.Wait()
		f.ExpireAccess()
		waiter := f.goGet(t.Context(), "/me")
		synctest.Wait()
		left := make(chan error, 1)
		go func() { left <- f.session.Logout(t.Context()) }()
		synctest.Wait()
		(<-waiter).fails(t, auth.ErrLoginRequired)
		close(free)
		if err := <-left; err != nil {
			t.Error(err)
		}
		synctest.Wait()
		f.AssertRefreshes(t, 0)
		if stored(t, store) != "" {
			t.Error("a session is stored")
		}
		finish(f)
	})
}

// TestRace_logoutGaveUp: a refresh whose answer comes after a Logout that could not wait for it
// ends the session in the store.
func TestRace_logoutGaveUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := storage.NewMemory()
		f := start(t, authtest.Config{InMemory: true}, with(store))
		f.ExpireAccess()
		release := f.HoldRefresh()
		waiter := f.goGet(t.Context(), "/me")
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := f.session.Logout(ctx); !errors.Is(err, auth.ErrPersist) {
			t.Errorf("got %v", err)
		}
		(<-waiter).fails(t, auth.ErrLoginRequired)
		release()
		synctest.Wait()
		if stored(t, store) != "" {
			t.Error("a session is stored")
		}
		finish(f)
	})
}

// TestRace_memoryOnly: without a store Logout is as good, whatever its context says.
func TestRace_memoryOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := start(t, authtest.Config{InMemory: true})
		f.ExpireAccess()
		release := f.HoldRefresh()
		waiter := f.goGet(t.Context(), "/me")
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := f.session.Logout(ctx); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, auth.ErrPersist) {
			t.Errorf("got %v", err)
		}
		(<-waiter).fails(t, auth.ErrLoginRequired)
		f.mustFail(t, "/me", auth.ErrLoginRequired)
		release()
		synctest.Wait()
		f.mustFail(t, "/me", auth.ErrLoginRequired)
		if st, err := f.session.Status(t.Context()); err != nil || st.SignedIn {
			t.Errorf("got %+v, %v", st, err)
		}
		finish(f)
	})
}

// TestRace_damagedMeanwhile: a pending save is not written over a record that cannot be
// read.
func TestRace_damagedMeanwhile(t *testing.T) {
	t.Parallel()
	for name, happens := range map[string]func(*fixture){
		"a save":    func(f *fixture) { f.mustGet(t, "/me", http.StatusOK) },
		"an ending": func(f *fixture) { f.RevokeAll(); f.mustFail(t, "/me", auth.ErrLoginRequired) },
	} {
		store := newFaulty()
		f := start(t, authtest.Config{}, with(store))
		f.ExpireAccess()
		store.fail(0, 0, 1)
		happens(f)
		put(t, store, "default", "damaged")
		if err := f.session.Close(t.Context()); !errors.Is(err, auth.ErrPersist) || !errors.Is(err, auth.ErrSessionUnreadable) {
			t.Errorf("%s: got %v", name, err)
		}
		if got := stored(t, store); got != "damaged" {
			t.Errorf("%s: stored %q", name, got)
		}
		f.login(t)
		if err := f.session.Close(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestOnError_byHand: an error that another interceptor made is passed on, whatever is missing in
// it.
func TestOnError_byHand(t *testing.T) {
	t.Parallel()
	session := signedIn(t, auth.Config{BaseURL: "https://api.example.com", Refresher: answering(auth.Token{AccessToken: "x"})})
	unauthorized := interceptor.NewResponse(nil, http.StatusUnauthorized, nil, nil)
	for _, e := range []*interceptor.Error{
		{},
		{Kind: interceptor.KindBadResponse},
		{Kind: interceptor.KindBadResponse, Response: unauthorized},
		{Kind: interceptor.KindTimeout, Response: unauthorized},
	} {
		if v := session.OnError(e, interceptor.ErrorHandler{}); v != (interceptor.ErrorHandler{}).Next(e) {
			t.Errorf("%+v: got %v", e, v)
		}
	}
	v := session.OnResponse(interceptor.NewResponse(nil, http.StatusOK, nil, nil), interceptor.ResponseHandler{})
	if v.String() != "next" {
		t.Errorf("got %v", v)
	}
}

// TestRace_loginDuringLogout: a Login that comes while a Logout waits for the store, and gives up,
// is the newest word: nothing deletes its session later.
func TestRace_loginDuringLogout(t *testing.T) {
	t.Parallel()
	for name, loginAfter := range map[string]time.Duration{
		"before it gives up": time.Second, "at once": 0, "as it gives up": 3 * time.Second, "afterwards": 4 * time.Second,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				memory := storage.NewMemory()
				session, err := auth.New(auth.Config{BaseURL: "https://api.example.com", Store: memory})
				if err != nil {
					t.Fatal(err)
				}
				if err := session.Login(t.Context(), auth.Token{AccessToken: "a1", RefreshToken: "r1"}); err != nil {
					t.Fatal(err)
				}
				free := make(chan struct{})
				go func() {
					_ = memory.Update(context.WithoutCancel(t.Context()), "default", func(_ context.Context, old []byte) ([]byte, error) {
						<-free
						return old, nil
					})
				}()
				synctest.Wait()
				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
				defer cancel()
				out, in := make(chan error, 1), make(chan error, 1)
				go func() { out <- session.Logout(ctx) }()
				synctest.Wait()
				time.AfterFunc(loginAfter, func() {
					in <- session.Login(t.Context(), auth.Token{AccessToken: "a2", RefreshToken: "r2"})
				})
				time.AfterFunc(10*time.Second, func() { close(free) })
				if err := <-out; !errors.Is(err, auth.ErrPersist) || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("Logout: %v", err)
				}
				if err := <-in; err != nil {
					t.Errorf("Login: %v", err)
				}
				sleep(2 * time.Minute) // past every retry
				got, err := session.Token(t.Context())
				if err != nil || got.AccessToken != "a2" {
					t.Errorf("Token: %q, %v", got.AccessToken, err)
				}
				if err := session.Close(t.Context()); err != nil {
					t.Errorf("Close: %v", err)
				}
				if data, err := memory.Load(t.Context(), "default"); err != nil || !strings.Contains(string(data), "a2") {
					t.Errorf("stored: %q, %v", data, err)
				}
			})
		})
	}
}
