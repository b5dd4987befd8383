//go:build unix

package sqltest_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/internal/testserver"
)

// TestSessions: two programs act for the same users with their sessions in one database. A token
// that has expired is refreshed by one of them, and a logout is one of both.
func TestSessions(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		dir := t.TempDir()
		testSessions(t, func() auth.Store { return openSQLite(t, dir) })
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		addr := server(t)
		testSessions(t, func() auth.Store { return openPostgres(t, testserver.PostgresURL(addr), tableFor(t.Name())) })
	})
}

func testSessions(t *testing.T, open func() auth.Store) {
	t.Helper()
	const users = 20
	var refreshes atomic.Int32
	refresh := auth.RefreshFunc(func(_ context.Context, old auth.Token) (auth.Token, error) {
		refreshes.Add(1)
		return auth.Token{AccessToken: "new " + old.AccessToken, RefreshToken: old.RefreshToken, Expiry: time.Now().Add(time.Hour)}, nil
	})
	var programs []*auth.Sessions
	for range 2 {
		s, err := auth.NewSessions(auth.SessionsConfig{MaxIdle: 5, Session: auth.Config{
			BaseURL: "https://api.example.com", Store: open(), Refresher: refresh,
		}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(context.WithoutCancel(t.Context())); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
		programs = append(programs, s)
	}
	var accounts []string
	for i := range users {
		account := fmt.Sprintf("user-%02d", i)
		expired := auth.Token{AccessToken: account, RefreshToken: "r", Expiry: time.Now().Add(-time.Minute)}
		if err := programs[0].Login(t.Context(), account, expired); err != nil {
			t.Fatal(err)
		}
		accounts = append(accounts, account)
	}
	var group sync.WaitGroup
	for _, account := range accounts {
		for _, p := range programs {
			group.Go(func() {
				s, release, err := p.For(t.Context(), account)
				if err != nil {
					t.Error(err)
					return
				}
				defer release()
				if got, err := s.Token(t.Context()); err != nil || got.AccessToken != "new "+account {
					t.Errorf("%s: got a token that is wrong: %v", account, err)
				}
			})
		}
	}
	group.Wait()
	if n := refreshes.Load(); n != users {
		t.Errorf("%d refreshes for %d users", n, users)
	}
	if got, err := programs[1].Accounts(t.Context()); err != nil || fmt.Sprint(got) != fmt.Sprint(accounts) {
		t.Errorf("got %v, %v", got, err)
	}
	if err := programs[1].Logout(t.Context(), accounts[1:]...); err != nil {
		t.Error(err)
	}
	if got, err := programs[1].Accounts(t.Context()); err != nil || fmt.Sprint(got) != fmt.Sprint(accounts[:1]) {
		t.Errorf("after the logouts: %v, %v", got, err)
	}
	if _, err := programs[0].Status(t.Context(), accounts[0]); err != nil {
		t.Error(err)
	}
	s, release, err := programs[0].For(t.Context(), accounts[1])
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	if err := s.Reload(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := s.Token(t.Context()); !errors.Is(err, auth.ErrLoginRequired) {
		t.Errorf("a logout of the other program: %v", err)
	}
}
