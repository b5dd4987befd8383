package auth_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/storage"
)

// fixedKey is the key of sealed files.
type fixedKey struct{}

func (fixedKey) LoadKey(context.Context) ([]byte, error) { return make([]byte, storage.KeySize), nil }

func (fixedKey) CreateKey(context.Context) ([]byte, error) { return nil, errors.ErrUnsupported }

// TestSessions_stores: two programs that share a store act for the same users. Nobody gets another
// user's token, one refreshes what the other uses, and a logout of one is one of both. Those of
// databases are tested in the modules of their stores.
func TestSessions_stores(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(*testing.T) auth.Store{
		"memory": func(*testing.T) auth.Store { return storage.NewMemory() },
		"sealed values": func(t *testing.T) auth.Store {
			t.Helper()
			s, err := storage.Seal(storage.NewMemory(), storage.SealConfig{
				Service: "test", Keys: storage.StaticKeys(make([]byte, storage.KeySize)),
			})
			if err != nil {
				t.Fatal(err)
			}
			return s
		},
		"sealed files": func(t *testing.T) auth.Store {
			t.Helper()
			s, err := storage.OpenSealed(storage.SealedConfig{Dir: t.TempDir(), Service: "test", Key: fixedKey{}})
			if err != nil {
				t.Fatal(err)
			}
			return s
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := open(t)
			shared := func(c *auth.SessionsConfig) { c.Session.Store, c.MaxIdle = store, 2 }
			one := startUsers(t, authtest.Config{}, shared)
			defer one.finish(t)
			two, err := auth.NewSessions(auth.SessionsConfig{MaxIdle: 2, Session: auth.Config{
				BaseURL: one.URL, Store: store, Refresher: auth.JSONRefresher{URL: "/auth/refresh", Transport: one.Transport()},
			}})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = two.Close(t.Context()) }()
			all := names(6)
			one.login(t, all...)
			one.ExpireAccess()
			var group sync.WaitGroup
			for _, account := range all {
				group.Go(func() {
					if got, err := one.whoami(auth.WithAccount(t.Context(), account)); err != nil || got != account {
						t.Errorf("%s: got %q, %v", account, got, err)
					}
				})
				group.Go(func() {
					if st, err := two.Status(t.Context(), account); err != nil || !st.SignedIn {
						t.Errorf("%s in the other program: %+v, %v", account, st, err)
					}
				})
			}
			group.Wait()
			one.AssertRefreshes(t, len(all))
			one.AssertNoReuse(t)
			if err := two.Logout(t.Context(), all[:5]...); err != nil {
				t.Error(err)
			}
			if got, err := two.Accounts(t.Context()); err != nil || fmt.Sprint(got) != fmt.Sprint(all[5:]) {
				t.Errorf("left: %v, %v", got, err)
			}
			one.ExpireAccess() // a token that the server still accepts is used without a look at the store
			if _, err := one.whoami(auth.WithAccount(t.Context(), all[0])); !errors.Is(err, auth.ErrLoginRequired) {
				t.Errorf("after a logout in the other program: %v", err)
			}
			if got, err := one.whoami(auth.WithAccount(t.Context(), all[5])); err != nil || got != all[5] {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}
