package auth_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/storage"
)

// faulty is a store whose saves or loads fail as long as it is told.
type faulty struct {
	*storage.Memory

	saves, loads atomic.Bool
}

var errFull = errors.New("disk full")

func (f *faulty) Load(ctx context.Context, key string) ([]byte, error) {
	if f.loads.Load() {
		return nil, errFull
	}
	return f.Memory.Load(ctx, key)
}

// Update lets fn run and then fails to save, the worst that a store can do.
func (f *faulty) Update(ctx context.Context, key string, fn func(context.Context, []byte) ([]byte, error)) error {
	if !f.saves.Load() {
		return f.Memory.Update(ctx, key, fn)
	}
	var fnErr error
	err := f.Memory.Update(ctx, key, func(ctx context.Context, old []byte) ([]byte, error) {
		if _, fnErr = fn(ctx, old); fnErr != nil {
			return nil, fnErr
		}
		return nil, errFull
	})
	return err
}

// TestE_SaveFails: the new pair works on in memory, the failure is reported, and the store has it as soon as it can (rule 5).
func TestE_SaveFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &faulty{Memory: storage.NewMemory()}
		f := start(t, authtest.Config{InMemory: true}, func(c *auth.Config) { c.Store = store })
		store.saves.Store(true)
		f.ExpireAccess()
		f.mustGet(t, "/me", http.StatusOK)
		f.events.want(t, "signed in, token refreshed, persist failed")
		if !errors.Is(f.events.all[2].Err, auth.ErrPersist) || !errors.Is(f.events.all[2].Err, errFull) {
			t.Errorf("got %v", f.events.all[2].Err)
		}
		if st, err := f.session.Status(t.Context()); err != nil || !st.Unsaved {
			t.Errorf("got %+v, %v", st, err)
		}
		f.ExpireAccess()
		f.mustGet(t, "/me", http.StatusOK) // with the pair in memory, not the spent one in the store
		f.AssertNoReuse(t)
		store.saves.Store(false)
		time.Sleep(time.Minute) //nolint:forbidigo // the bubble's clock
		if st, err := f.session.Status(t.Context()); err != nil || st.Unsaved {
			t.Errorf("after a minute: got %+v, %v", st, err)
		}
		again := join(t, f.Server, func(c *auth.Config) { c.Store = store })
		again.mustGet(t, "/me", http.StatusOK)
		again.AssertRefreshes(t, 2)
		finish(f, again)
	})
}

// TestClose_savesWhatIsOwed tries once more.
func TestClose_savesWhatIsOwed(t *testing.T) {
	t.Parallel()
	store := &faulty{Memory: storage.NewMemory()}
	f := start(t, authtest.Config{}, func(c *auth.Config) { c.Store = store })
	store.saves.Store(true)
	f.ExpireAccess()
	f.mustGet(t, "/me", http.StatusOK)
	if err := f.session.Close(t.Context()); !errors.Is(err, auth.ErrPersist) {
		t.Errorf("got %v", err)
	}
	store.saves.Store(false)
	if err := f.session.Close(t.Context()); err != nil {
		t.Errorf("got %v", err)
	}
	again := join(t, f.Server, func(c *auth.Config) { c.Store = store })
	again.mustGet(t, "/me", http.StatusOK)
	f.AssertRefreshes(t, 1)
}

// TestF_KeyringErrorIsNoLogout: a session that cannot be read is an error, and comes back when it can.
func TestF_KeyringErrorIsNoLogout(t *testing.T) {
	t.Parallel()
	store := &faulty{Memory: storage.NewMemory()}
	use := func(c *auth.Config) { c.Store = store }
	f := start(t, authtest.Config{}, use)
	store.loads.Store(true)
	again := join(t, f.Server, use)
	again.mustFail(t, "/me", errFull)
	store.loads.Store(false)
	again.mustGet(t, "/me", http.StatusOK)
	f.AssertRefreshes(t, 0)
}

// TestLogin_storeFails changes nothing.
func TestLogin_storeFails(t *testing.T) {
	t.Parallel()
	store := &faulty{Memory: storage.NewMemory()}
	f := start(t, authtest.Config{}, func(c *auth.Config) { c.Store = store })
	store.saves.Store(true)
	err := f.session.Login(t.Context(), auth.Token{AccessToken: "other"})
	if !errors.Is(err, auth.ErrPersist) || !errors.Is(err, errFull) {
		t.Errorf("got %v", err)
	}
	f.mustGet(t, "/me", http.StatusOK)
}

// TestLogout_storeFails signs out here, says so, and does not come back by a reload or once the store works again.
func TestLogout_storeFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &faulty{Memory: storage.NewMemory()}
		f := start(t, authtest.Config{InMemory: true}, func(c *auth.Config) { c.Store = store })
		store.saves.Store(true)
		if err := f.session.Logout(t.Context()); !errors.Is(err, auth.ErrPersist) {
			t.Errorf("got %v", err)
		}
		f.mustGet(t, "/me", http.StatusUnauthorized)
		store.saves.Store(false)
		f.mustGet(t, "/me", http.StatusUnauthorized)
		time.Sleep(time.Minute) //nolint:forbidigo // the bubble's clock
		if _, err := store.Load(t.Context(), "default"); err == nil {
			t.Error("the session is still stored")
		}
		finish(f)
	})
}

// TestRecord_unreadable is never overwritten by a request, never taken for "signed out", and replaced by a login.
func TestRecord_unreadable(t *testing.T) {
	t.Parallel()
	for name, data := range map[string]string{
		"damaged":         `{"version":1,`,
		"no session":      `{"version":1,"account":"default"}`,
		"newer":           `{"version":2,"account":"default","session":"x","generation":1}`,
		"another account": `{"version":1,"account":"other","session":"x","generation":1}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := storage.NewMemory()
			put(t, store, data)
			s := authtest.NewServer(authtest.Config{})
			t.Cleanup(s.Close)
			f := join(t, s, func(c *auth.Config) { c.Store = store })
			err := f.mustFail(t, "/me", auth.ErrSessionUnreadable)
			if !strings.Contains(err.Error(), "log in again") {
				t.Errorf("no next step in %q", err)
			}
			if got, err := store.Load(t.Context(), "default"); err != nil || string(got) != data {
				t.Errorf("the record was changed: %q, %v", got, err)
			}
			f.login(t)
			f.mustGet(t, "/me", http.StatusOK)
		})
	}
}

// TestRecord_unknownMembers survive a refresh.
func TestRecord_unknownMembers(t *testing.T) {
	t.Parallel()
	store := storage.NewMemory()
	f := start(t, authtest.Config{}, func(c *auth.Config) { c.Store = store })
	data, err := store.Load(t.Context(), "default")
	if err != nil {
		t.Fatal(err)
	}
	put(t, store, strings.Replace(string(data), "{", `{"from_the_future":[1,2],`, 1))
	again := join(t, f.Server, func(c *auth.Config) { c.Store = store })
	f.ExpireAccess()
	again.mustGet(t, "/me", http.StatusOK)
	if data, err = store.Load(t.Context(), "default"); err != nil || !bytes.Contains(data, []byte(`"from_the_future":[1,2]`)) {
		t.Errorf("lost: %v", err)
	}
}

func put(t *testing.T, store auth.Store, value string) {
	t.Helper()
	err := store.Update(t.Context(), "default", func(context.Context, []byte) ([]byte, error) { return []byte(value), nil })
	if err != nil {
		t.Fatal(err)
	}
}

// finish ends everything before a bubble does.
func finish(fs ...*fixture) {
	for _, f := range fs {
		_ = f.session.Close(context.Background())
		f.client.CloseIdleConnections()
	}
	fs[0].Close()
}
