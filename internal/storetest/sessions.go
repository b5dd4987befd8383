package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
)

const (
	users   = 20
	baseURL = "https://api.example.com"
)

// Sessions lets two programs act for the same users with their sessions in one store, which open
// opens for each program. A token that has expired is refreshed by one of them, and a logout of one
// is a logout of both.
func Sessions(t *testing.T, open func() auth.Store) {
	t.Helper()
	var refreshes atomic.Int32
	refresh := auth.RefreshFunc(func(_ context.Context, old auth.Token) (auth.Token, error) {
		refreshes.Add(1)
		return auth.Token{AccessToken: "new " + old.AccessToken, RefreshToken: old.RefreshToken, Expiry: time.Now().Add(time.Hour)}, nil
	})
	start := func() *auth.Sessions {
		s, err := auth.NewSessions(auth.SessionsConfig{
			MaxIdle: 5, Session: auth.Config{BaseURL: baseURL, Store: open(), Refresher: refresh},
		})
		if err != nil {
			t.Fatal(err)
		}
		Close(t, s)
		return s
	}
	programs := []*auth.Sessions{start(), start()}
	accounts := login(t, programs[0])

	var group sync.WaitGroup
	for _, account := range accounts {
		for _, p := range programs {
			group.Go(func() {
				if got, err := access(t, p, account); err != nil || got != "new "+account {
					t.Errorf("%s: got %q, %v", account, got, err)
				}
			})
		}
	}
	group.Wait()
	if n := refreshes.Load(); n != users {
		t.Errorf("%d refreshes for %d users", n, users)
	}
	wantAccounts(t, programs[1], accounts)

	if err := programs[1].Logout(t.Context(), accounts[1:]...); err != nil {
		t.Error(err)
	}
	wantAccounts(t, programs[1], accounts[:1])
	if got, err := programs[0].Status(t.Context(), accounts[0]); err != nil || !got.SignedIn {
		t.Errorf("the user that stays: %+v, %v", got, err)
	}
	reload(t, programs[0], accounts[1])
	if _, err := access(t, programs[0], accounts[1]); !errors.Is(err, auth.ErrLoginRequired) {
		t.Errorf("the other program after the logout: %v", err)
	}
	late := start()
	if _, err := access(t, late, accounts[1]); !errors.Is(err, auth.ErrLoginRequired) {
		t.Errorf("a program that starts after the logout: %v", err)
	}
	wantAccounts(t, late, accounts[:1])
}

// login signs the users in with tokens that have expired, and returns their accounts.
func login(t *testing.T, p *auth.Sessions) (accounts []string) {
	t.Helper()
	for i := range users {
		account := fmt.Sprintf("user-%02d", i)
		expired := auth.Token{AccessToken: account, RefreshToken: "r", Expiry: time.Now().Add(-time.Minute)}
		if err := p.Login(t.Context(), account, expired); err != nil {
			t.Fatal(err)
		}
		accounts = append(accounts, account)
	}
	return accounts
}

// access returns the access token of an account.
func access(t *testing.T, p *auth.Sessions, account string) (string, error) {
	t.Helper()
	s, release, err := p.For(t.Context(), account)
	if err != nil {
		return "", err
	}
	defer release()
	got, err := s.Token(t.Context())
	return got.AccessToken, err
}

// reload has a session read what other programs have stored.
func reload(t *testing.T, p *auth.Sessions, account string) {
	t.Helper()
	s, release, err := p.For(t.Context(), account)
	if err != nil {
		t.Error(err)
		return
	}
	defer release()
	if err := s.Reload(t.Context()); err != nil {
		t.Error(err)
	}
}

func wantAccounts(t *testing.T, p *auth.Sessions, want []string) {
	t.Helper()
	if got, err := p.Accounts(t.Context()); err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("Accounts = %v, %v; want %v", got, err, want)
	}
}
