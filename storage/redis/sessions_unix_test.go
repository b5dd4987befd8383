//go:build unix

package redis_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/storage/redis"
)

// TestSessions: two programs act for the same users with their sessions in one store. A token that
// has expired is refreshed by one of them, and a logout is one of both.
func TestSessions(t *testing.T) {
	addr := server(t)
	store := func() auth.Store { return open(t, redis.Config{Client: client(t, addr), Prefix: "sessions"}) }
	var refreshes atomic.Int32
	var programs [2]*auth.Sessions
	for i := range programs {
		s, err := auth.NewSessions(auth.SessionsConfig{MaxIdle: 2, Session: auth.Config{
			BaseURL: "https://api.example.com", Store: store(),
			Refresher: auth.RefreshFunc(func(_ context.Context, old auth.Token) (auth.Token, error) {
				refreshes.Add(1)
				return auth.Token{AccessToken: "new " + old.AccessToken, RefreshToken: "r", Expiry: time.Now().Add(time.Hour)}, nil
			}),
		}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close(context.WithoutCancel(t.Context())) })
		programs[i] = s
	}
	var accounts []string
	for i := range 6 {
		account := fmt.Sprintf("user-%d", i)
		expired := auth.Token{AccessToken: account, RefreshToken: "r", Expiry: time.Now().Add(-time.Minute)}
		if err := programs[0].Login(t.Context(), account, expired); err != nil {
			t.Fatal(err)
		}
		accounts = append(accounts, account)
	}
	access := func(p *auth.Sessions, account string) (string, error) {
		s, release, err := p.For(t.Context(), account)
		if err != nil {
			return "", err
		}
		defer release()
		got, err := s.Token(t.Context())
		return got.AccessToken, err
	}
	var group sync.WaitGroup
	for _, account := range accounts {
		for _, p := range programs {
			group.Go(func() {
				if got, err := access(p, account); err != nil || got != "new "+account {
					t.Errorf("%s: got %q, %v", account, got, err)
				}
			})
		}
	}
	group.Wait()
	if n := refreshes.Load(); int(n) != len(accounts) {
		t.Errorf("%d refreshes for %d users", n, len(accounts))
	}
	if err := programs[1].Logout(t.Context(), accounts[1:]...); err != nil {
		t.Error(err)
	}
	if got, err := programs[0].Status(t.Context(), accounts[0]); err != nil || !got.SignedIn {
		t.Errorf("the user that stays: %+v, %v", got, err)
	}
	other, err := auth.NewSessions(auth.SessionsConfig{Session: auth.Config{BaseURL: "https://api.example.com", Store: store()}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := access(other, accounts[1]); !errors.Is(err, auth.ErrLoginRequired) {
		t.Errorf("a program that starts after the logout: %v", err)
	}
	if got, err := other.Accounts(t.Context()); err != nil || fmt.Sprint(got) != fmt.Sprint(accounts[:1]) {
		t.Errorf("got %v, %v", got, err)
	}
	if err := other.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
