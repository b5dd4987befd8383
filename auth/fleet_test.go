package auth_test

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/lease"
)

// database stands for one with conditional writes.
type database struct {
	mu      sync.Mutex
	entries map[string][]byte
	writes  map[string]int
}

func newDatabase() *database {
	return &database{entries: make(map[string][]byte), writes: make(map[string]int)}
}

func (d *database) Get(_ context.Context, key string) (entry []byte, tag string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.entries[key], d.tag(key), nil
}

func (d *database) Put(_ context.Context, key string, entry []byte, tag string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if tag != d.tag(key) {
		return lease.ErrConflict
	}
	d.entries[key] = entry
	d.writes[key]++
	return nil
}

func (d *database) tag(key string) string {
	if d.writes[key] == 0 {
		return ""
	}
	return strconv.Itoa(d.writes[key])
}

// machine is a store of one machine over the database.
func (d *database) machine(t *testing.T) *lease.Store {
	t.Helper()
	s, err := lease.New(lease.Config{Backend: lease.CAS(d)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestFleet_glance: a machine that finds another one's token takes no lock for it.
func TestFleet_glance(t *testing.T) {
	t.Parallel()
	store := newFaulty()
	f := start(t, authtest.Config{}, with(store))
	other := join(t, f.Server, with(store.Memory))
	for range 3 {
		f.ExpireAccess()
		other.mustGet(t, "/me", http.StatusOK)
		store.fail(0, always, 0) // an Update would fail
		f.mustGet(t, "/me", http.StatusOK)
	}
	f.AssertRefreshes(t, 3)
	f.AssertNoReuse(t)
}

// TestFleet_tombstones: on stores that machines share, every machine says why the session ended, a
// program that starts later included, and a login replaces the tombstone.
func TestFleet_tombstones(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDatabase()
		f := start(t, authtest.Config{InMemory: true}, with(d.machine(t)))
		sealed, err := storage.Seal(d.machine(t), storage.SealConfig{Service: "test", Keys: storage.StaticKeys(make([]byte, 32))})
		if err == nil && !sealed.(interface{ Tombstones() bool }).Tombstones() {
			t.Error("Seal hides that tombstones are wanted")
		}
		other := join(t, f.Server, with(d.machine(t)))
		other.mustGet(t, "/me", http.StatusOK)
		for want, ends := range map[auth.Reason]func(){
			auth.ReasonInvalidGrant:   func() { f.RevokeAll(); f.mustFail(t, "/me", auth.ErrLoginRequired) },
			auth.ReasonEndedElsewhere: func() { _ = f.session.Logout(t.Context()); f.ExpireAccess() },
			auth.ReasonNoRefreshToken: func() {
				if err := f.session.Login(t.Context(), auth.Token{AccessToken: f.Issue("alice").AccessToken}); err != nil {
					t.Fatal(err)
				}
				if err := other.session.Reload(t.Context()); err != nil {
					t.Error(err)
				}
				f.ExpireAccess()
				f.mustFail(t, "/me", auth.ErrLoginRequired)
			},
		} {
			ends()
			if got := reasonOf(t, other.mustFail(t, "/me", auth.ErrLoginRequired)); got != want {
				t.Errorf("the other machine says %q, want %q", got, want)
			}
			late := join(t, f.Server, with(d.machine(t)))
			if st, err := late.session.Status(t.Context()); err != nil || st.SignedIn || st.Reason != want {
				t.Errorf("a later program says %+v, %v, want %q", st, err, want)
			}
			value, err := d.machine(t).Load(t.Context(), "default")
			if err != nil || strings.Contains(string(value), `"refresh_token":`) || !strings.Contains(string(value), `"access_token":""`) {
				t.Errorf("stored %s, %v", value, err)
			}
			f.login(t)
			other.mustGet(t, "/me", http.StatusOK)
			if err := late.session.Close(t.Context()); err != nil {
				t.Error(err)
			}
		}
		f.AssertNoReuse(t)
		finish(f, other)
	})
}

// scripted is a store of which a test decides what happens around an Update.
type scripted struct {
	*storage.Memory

	inside func(ctx context.Context) (context.Context, error) // before fn; an error: fn is not called
	saves  func(value []byte) error                           // an error: the value is not stored
	loads  error
	value  string // what Load returns, if it is not ""
}

func (s *scripted) Load(ctx context.Context, key string) ([]byte, error) {
	if s.loads != nil {
		return nil, s.loads
	}
	if s.value != "" {
		return []byte(s.value), nil
	}
	return s.Memory.Load(ctx, key)
}

func (s *scripted) Update(ctx context.Context, key string, fn func(context.Context, []byte) ([]byte, error)) error {
	return s.Memory.Update(ctx, key, func(ctx context.Context, old []byte) (value []byte, err error) {
		if s.inside != nil {
			if ctx, err = s.inside(ctx); err != nil {
				return nil, err
			}
		}
		if value, err = fn(ctx, old); err != nil || s.saves == nil {
			return value, err
		}
		return value, s.saves(value)
	})
}

// TestFleet_lostLock: a machine that lost the lock uses what the next holder stored; it spends
// nothing if it knows in time, and reports no failure to save.
func TestFleet_lostLock(t *testing.T) {
	t.Parallel()
	t.Run("before the token is spent", func(t *testing.T) {
		t.Parallel()
		store := &scripted{Memory: storage.NewMemory()}
		f := start(t, authtest.Config{}, with(store))
		f.ExpireAccess()
		store.inside = func(ctx context.Context) (context.Context, error) {
			ctx, cancel := context.WithCancelCause(ctx)
			cancel(storage.ErrLost)
			return ctx, nil
		}
		f.mustFail(t, "/me", auth.ErrRefreshFailed, storage.ErrLost)
		f.AssertRefreshes(t, 0)
		store.inside = nil
		f.mustGet(t, "/me", http.StatusOK)
	})
	t.Run("while the connection is made", func(t *testing.T) {
		t.Parallel()
		store := &scripted{Memory: storage.NewMemory()}
		f := start(t, authtest.Config{}, with(store))
		f.ExpireAccess()
		store.inside = func(ctx context.Context) (context.Context, error) {
			asked := 0
			held := func() error { // as the clock says it to a process that was stopped meanwhile
				asked++
				if asked > 2 {
					return storage.ErrLost
				}
				return nil
			}
			return context.WithValue(ctx, struct{ LockHeld struct{} }{}, held), nil
		}
		f.mustFail(t, "/me", auth.ErrRefreshFailed, storage.ErrLost)
		// The head of the request may have gone out; the token is in its body, and was not spent.
		if got := f.Stats(); got.Rotations != 0 || got.Refusals != 0 {
			t.Errorf("%+v", got)
		}
		store.inside = nil
		f.mustGet(t, "/me", http.StatusOK)
	})
	t.Run("after it was spent", func(t *testing.T) {
		t.Parallel()
		store := &scripted{Memory: storage.NewMemory()}
		f := start(t, authtest.Config{}, with(store))
		before := stored(t, store.Memory)
		others := f.Issue("alice").AccessToken // the next holder has refreshed as well, within the provider's grace
		store.saves = func([]byte) error {
			old, err := f.session.Token(t.Context())
			store.value = strings.NewReplacer(`"generation":1`, `"generation":2`, old.AccessToken, others).Replace(before)
			return errors.Join(err, storage.ErrLost)
		}
		if got, err := f.session.Refresh(t.Context()); err != nil || got.AccessToken != others {
			t.Errorf("got %v, %v", got, err)
		}
		f.mustGet(t, "/me", http.StatusOK)
		f.AssertRefreshes(t, 1)
		f.events.want(t, "signed in")
	})
	t.Run("after it was spent, and nobody has stored anything", func(t *testing.T) {
		t.Parallel()
		store := &scripted{Memory: storage.NewMemory()}
		f := start(t, authtest.Config{}, with(store))
		store.saves = func([]byte) error { store.saves = nil; return storage.ErrLost }
		f.ExpireAccess()
		f.mustGet(t, "/me", http.StatusOK)
		f.events.want(t, "signed in, token refreshed, persist failed")
	})
	t.Run("after it was spent, and another machine has logged out", func(t *testing.T) {
		t.Parallel()
		store := &scripted{Memory: storage.NewMemory()}
		var revoked atomic.Pointer[auth.Token]
		f := start(t, authtest.Config{}, with(store), func(c *auth.Config) {
			c.Revoke = func(_ context.Context, token auth.Token) error { revoked.Store(&token); return nil }
		})
		old, err := f.session.Token(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		store.saves = func([]byte) error { store.loads = fs.ErrNotExist; return storage.ErrLost }
		if _, err := f.session.Refresh(t.Context()); !errors.Is(err, auth.ErrLoginRequired) {
			t.Errorf("got %v", err)
		}
		if err := f.session.Close(t.Context()); err != nil {
			t.Error(err)
		}
		// The Logout did not know the token that was on its way.
		if got := revoked.Load(); got == nil || got.AccessToken == old.AccessToken || got.RefreshToken == "" {
			t.Errorf("revoked %v", got)
		}
	})
}

// TestFleet_dataLost: a store that has lost its data ends no session, and gets it back.
func TestFleet_dataLost(t *testing.T) {
	t.Parallel()
	store := &scripted{Memory: storage.NewMemory()}
	f := start(t, authtest.Config{}, with(store))
	if err := store.Remove(t.Context(), "default"); err != nil {
		t.Fatal(err)
	}
	store.loads = storage.ErrDataLost
	store.inside = func(ctx context.Context) (context.Context, error) { return ctx, storage.ErrDataLost }
	if st, err := f.session.Status(t.Context()); err != nil || !st.SignedIn {
		t.Errorf("Status: %+v, %v", st, err)
	}
	if e := f.events.last(); e.Kind != auth.StoreLost || !errors.Is(e.Err, storage.ErrDataLost) {
		t.Errorf("got %v", e)
	}
	f.mustGet(t, "/me", http.StatusOK)
	f.ExpireAccess()
	f.mustFail(t, "/me", auth.ErrRefreshFailed, storage.ErrDataLost)
	f.events.want(t, "signed in, store lost, refresh failed")
	store.loads, store.inside = nil, nil // it is in order again, and empty
	if err := f.session.Reload(t.Context()); err != nil {
		t.Error(err)
	}
	f.mustGet(t, "/me", http.StatusOK)
	f.events.want(t, "signed in, store lost, refresh failed, token refreshed")
	if _, err := store.Memory.Load(t.Context(), "default"); err != nil {
		t.Errorf("not stored again: %v", err)
	}
	if err := store.Remove(t.Context(), "default"); err != nil {
		t.Fatal(err)
	}
	if st, err := f.session.Status(t.Context()); err != nil || st.SignedIn { // now it is a logout
		t.Errorf("Status: %+v, %v", st, err)
	}
}

// TestFleet_suspect: a refresh token that was refused after a process had vanished in a refresh is
// kept for a while, for that process may wake up; then the refusal counts.
func TestFleet_suspect(t *testing.T) {
	t.Parallel()
	for _, wakesUp := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			store := &scripted{Memory: storage.NewMemory()}
			f := start(t, authtest.Config{InMemory: true}, with(store))
			awake := strings.Replace(stored(t, store.Memory), `"generation":1`, `"generation":2`, 1)
			f.ExpireAccess()
			f.FailRefresh(1, http.StatusBadRequest, nil, `{"error":"invalid_grant"}`)
			store.inside = func(ctx context.Context) (context.Context, error) {
				return context.WithValue(ctx, struct{ HolderInterrupted struct{} }{}, true), nil
			}
			err := f.mustFail(t, "/me", auth.ErrRefreshFailed)
			if re, ok := errors.AsType[*auth.RefreshError](err); !ok || re.RetryAfter != 30*time.Second || errors.Is(err, auth.ErrLoginRequired) {
				t.Errorf("got %v", err)
			}
			store.inside = nil
			other := join(t, f.Server, with(store.Memory))
			other.mustFail(t, "/me", auth.ErrRefreshFailed)
			if wakesUp {
				put(t, store.Memory, "default", awake)
				f.mustFail(t, "/me", auth.ErrRefreshFailed)
				sleep(31 * time.Second)
				f.mustGet(t, "/me", http.StatusOK)
			} else {
				sleep(31 * time.Second)
				f.RevokeAll()
				f.mustFail(t, "/me", auth.ErrLoginRequired)
				other.mustFail(t, "/me", auth.ErrLoginRequired)
			}
			finish(f, other)
		})
	}
}

// TestFleet_logoutByName: a Logout that could not delete the session deletes later what was stored
// when it was called, whatever the clocks of other machines say, and nothing newer.
func TestFleet_logoutByName(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newFaulty()
		f := start(t, authtest.Config{InMemory: true}, with(store))
		store.fail(0, 1, 0)
		if err := f.session.Logout(t.Context()); !errors.Is(err, auth.ErrPersist) {
			t.Errorf("Logout: %v", err)
		}
		other := join(t, f.Server, with(store.Memory))
		other.login(t)
		ahead := stored(t, store.Memory)
		behind := strings.Replace(ahead, `"obtained":"2000`, `"obtained":"1999`, 1) // a clock that is a year behind
		put(t, store.Memory, "default", behind)
		sleep(time.Minute)
		if stored(t, store.Memory) != behind {
			t.Error("a newer login was deleted")
		}
		finish(f, other)
	})
}

// fleetFaulty is a faulty store that machines share.
type fleetFaulty struct{ *faulty }

// Tombstones tells auth that machines share the store.
func (fleetFaulty) Tombstones() bool { return true }

// TestFleet_logoutUnread: a Logout that could not read the store, of a session that this process
// never knew, deletes later what is older by the clock if the clock is that of the only machine. On
// a store that machines share, no clock decides: the session is kept, and a Logout that gets
// through ends it.
func TestFleet_logoutUnread(t *testing.T) {
	t.Parallel()
	for name, shared := range map[string]bool{"one machine": false, "a fleet": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				disk := newFaulty()
				var store auth.Store = disk
				if shared {
					store = fleetFaulty{disk}
				}
				f := start(t, authtest.Config{InMemory: true}, with(disk.Memory))
				before := stored(t, disk.Memory)
				late := join(t, f.Server, with(store))
				disk.fail(2, 1, 0) // the Load, its repetition, and the Update
				if err := late.session.Logout(t.Context()); !errors.Is(err, auth.ErrPersist) {
					t.Errorf("Logout: %v", err)
				}
				sleep(time.Minute)
				if kept := stored(t, disk.Memory) == before; kept != shared {
					t.Errorf("kept: %t", kept)
				}
				if err := late.session.Logout(t.Context()); err != nil {
					t.Errorf("the second Logout: %v", err)
				}
				if now := stored(t, disk.Memory); now != "" && !strings.Contains(now, `"ended":"logout"`) {
					t.Errorf("stored %s", now)
				}
				finish(f, late)
			})
		})
	}
}

// TestLogin_damagedValue: Login and Logout get past a sealed value that cannot be read.
func TestLogin_damagedValue(t *testing.T) {
	t.Parallel()
	for _, unreadable := range []error{storage.ErrCorrupt, storage.ErrKeyMissing} {
		store := &scripted{Memory: storage.NewMemory()}
		f := start(t, authtest.Config{}, with(store))
		store.loads = unreadable
		store.inside = func(ctx context.Context) (context.Context, error) { return ctx, unreadable }
		g := join(t, f.Server, with(store))
		g.mustFail(t, "/me", unreadable)
		if err := g.session.Login(t.Context(), token(f.Issue("alice"))); err != nil {
			t.Errorf("Login: %v", err)
		}
		g.mustGet(t, "/me", http.StatusOK)
		if err := g.session.Logout(t.Context()); err != nil {
			t.Errorf("Logout: %v", err)
		}
		if stored(t, store.Memory) != "" {
			t.Error("still stored")
		}
	}
}
