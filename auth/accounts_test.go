package auth_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/lease"
)

// signInto signs in to an account of a store.
func signInto(t *testing.T, store auth.Store, base, account string, tok auth.Token) {
	t.Helper()
	a, err := auth.New(auth.Config{BaseURL: base, Store: store, Account: account})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Login(t.Context(), tok); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// accountsOf collects what Accounts yields.
func accountsOf(ctx context.Context, store auth.Store) (accounts []auth.Account, errs []error) {
	for a, err := range auth.Accounts(ctx, store) {
		if err != nil {
			errs = append(errs, err)
		} else {
			accounts = append(accounts, a)
		}
	}
	slices.SortFunc(accounts, func(a, b auth.Account) int { return strings.Compare(a.Name, b.Name) })
	return accounts, errs
}

func TestAccounts(t *testing.T) {
	t.Parallel()
	server := authtest.NewServer(authtest.Config{InMemory: true})
	t.Cleanup(server.Close)
	store := storage.NewMemory()
	if accounts, errs := accountsOf(t.Context(), store); accounts != nil || errs != nil {
		t.Errorf("an empty store: %v, %v", accounts, errs)
	}
	expiry := time.Now().Add(time.Minute).Round(time.Second) // earlier than the JWT says
	signInto(t, store, "https://api.example.test", "work", auth.Token{AccessToken: server.Issue("alice").AccessToken, RefreshToken: "r-1234567", Expiry: expiry})
	signInto(t, store, "http://127.0.0.1:8080/v1", "home", auth.Token{AccessToken: "opaque", IDToken: server.Issue("bob").AccessToken})
	signInto(t, store, "https://api.example.test", "opaque", auth.Token{AccessToken: "opaque"})
	accounts, errs := accountsOf(t.Context(), store)
	if errs != nil || len(accounts) != 3 {
		t.Fatalf("%v, %v", accounts, errs)
	}
	want := []auth.Account{
		{Name: "home", Subject: "bob", Origin: "http://127.0.0.1:8080"},
		{Name: "opaque", Origin: "https://api.example.test"},
		{Name: "work", Subject: "alice", Origin: "https://api.example.test", Expiry: expiry},
	}
	for i, w := range want {
		got := accounts[i]
		same := got.Expiry.Equal(w.Expiry) || w.Expiry.IsZero()
		if got.Name != w.Name || got.Subject != w.Subject || got.Origin != w.Origin || !same {
			t.Errorf("got %+v, want %+v", got, w)
		}
	}
	if text := fmt.Sprintf("%+v", accounts); strings.Contains(text, "r-1234567") || strings.Contains(text, "eyJ") {
		t.Errorf("a token in %s", text)
	}
	for range auth.Accounts(t.Context(), store) {
		break // stops without a panic
	}
}

// A value that is not a session concerns its account only.
func TestAccounts_unreadable(t *testing.T) {
	t.Parallel()
	store := storage.NewMemory()
	signInto(t, store, "https://api.example.test", "good", auth.Token{AccessToken: "opaque"})
	for name, value := range map[string]string{"damaged": "{", "newer": `{"version":99}`} {
		err := store.Update(t.Context(), name, func(context.Context, []byte) ([]byte, error) { return []byte(value), nil })
		if err != nil {
			t.Fatal(err)
		}
	}
	accounts, errs := accountsOf(t.Context(), store)
	if len(accounts) != 1 || accounts[0].Name != "good" || len(errs) != 2 {
		t.Fatalf("%v, %v", accounts, errs)
	}
	for _, err := range errs {
		if !errors.Is(err, auth.ErrSessionUnreadable) {
			t.Errorf("error %v", err)
		}
	}
}

// listed is a store with keys that are not always there.
type listed struct {
	auth.Store

	keys []string
	errs []error
}

func (l listed) Keys(context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, key := range l.keys {
			if !yield(key, nil) {
				return
			}
		}
		for _, err := range l.errs {
			if !yield("", err) {
				return
			}
		}
	}
}

func TestAccounts_of_other_stores(t *testing.T) {
	t.Parallel()
	plain := struct{ auth.Store }{storage.NewMemory()} // hides Keys
	if accounts, errs := accountsOf(t.Context(), plain); accounts != nil || len(errs) != 1 || !strings.Contains(errs[0].Error(), "storage.Lister") {
		t.Errorf("without Keys: %v, %v", accounts, errs)
	}
	locked := errors.New("the keyring is locked")
	store := listed{Store: storage.NewMemory(), keys: []string{"gone"}, errs: []error{locked, fs.ErrNotExist}}
	accounts, errs := accountsOf(t.Context(), store)
	if accounts != nil || len(errs) != 2 || !errors.Is(errs[0], locked) {
		t.Errorf("%v, %v", accounts, errs)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	memory := storage.NewMemory()
	signInto(t, memory, "https://api.example.test", "a", auth.Token{AccessToken: "opaque"})
	if _, errs := accountsOf(ctx, memory); len(errs) != 1 || !errors.Is(errs[0], context.Canceled) {
		t.Errorf("canceled: %v", errs)
	}
}

// The accounts of a store, for a command that shows them.
func ExampleAccounts() {
	ctx := context.Background()
	store := storage.NewMemory()
	session, err := auth.New(auth.Config{BaseURL: "https://api.example.com", Store: store, Account: "work"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = session.Close(ctx) }()
	if err := session.Login(ctx, auth.Token{AccessToken: "opaque"}); err != nil {
		fmt.Println(err)
		return
	}
	for account, err := range auth.Accounts(ctx, store) {
		fmt.Println(account.Name, account.Origin, err)
	}
	// Output: work https://api.example.com <nil>
}

// Once a day, from any program that has the store. A store that only one machine uses keeps nothing
// of sessions that have ended, so there is nothing to remove.
func ExampleCleanAccounts() {
	store := storage.NewMemory()
	removed, err := auth.CleanAccounts(context.Background(), store, 30*24*time.Hour)
	fmt.Println(removed, err)
	// Output: 0 <nil>
}

// listedMachine is one that can list the keys.
type listedMachine struct {
	*lease.Store
	database *database
}

func (l listedMachine) Keys(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, key := range slices.Sorted(maps.Keys(l.database.entries)) {
			if _, err := l.Load(ctx, key); errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if !yield(key, ctx.Err()) {
				return
			}
		}
	}
}

// TestCleanAccounts removes what old sessions have left behind, and nothing else.
func TestCleanAccounts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const day = 24 * time.Hour
		d := newDatabase()
		store := listedMachine{d.machine(t), d}
		end := func(account string) {
			signInto(t, store, "https://api.example.test", account, auth.Token{AccessToken: "a", RefreshToken: "r"})
			a, err := auth.New(auth.Config{BaseURL: "https://api.example.test", Store: store, Account: account})
			if err == nil {
				err = errors.Join(a.Logout(t.Context()), a.Close(t.Context()))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		end("old")
		end("back again")
		put(t, store, "early version", strings.ReplaceAll(readGolden(t, "ended.json"), `"default"`, `"early version"`))
		put(t, store, "damaged", "{")
		sleep(40 * 365 * day) // the golden file is of 2026
		signInto(t, store, "https://api.example.test", "back again", auth.Token{AccessToken: "a", RefreshToken: "r"})
		sleep(20 * day)
		end("new")
		sleep(20 * day)
		if n, err := auth.CleanAccounts(t.Context(), store, 30*day); n != 2 || err != nil {
			t.Errorf("removed %d, %v; want 2", n, err)
		}
		var left []string
		for key, err := range store.Keys(t.Context()) {
			if err != nil {
				t.Error(err)
			}
			left = append(left, key)
		}
		slices.Sort(left)
		if want := []string{"back again", "damaged", "new"}; !slices.Equal(left, want) {
			t.Errorf("left are %q; want %q", left, want)
		}
		if _, err := auth.CleanAccounts(t.Context(), store, -1); err == nil {
			t.Error("a negative age is accepted")
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := auth.CleanAccounts(ctx, store, 0); !errors.Is(err, context.Canceled) {
			t.Errorf("with a canceled context: %v", err)
		}
	})
}
