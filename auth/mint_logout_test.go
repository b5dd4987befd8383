package auth_test

import (
	"context"
	"errors"
	"testing"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/storage"
)

// slowMinter makes a session when it is told to.
type slowMinter struct {
	asked, release chan struct{}
}

// Refresh is never called.
func (slowMinter) Refresh(context.Context, auth.Token) (auth.Token, error) {
	return auth.Token{}, auth.ErrInvalidGrant
}

// Mint waits.
func (m slowMinter) Mint(context.Context) (auth.Token, error) {
	close(m.asked)
	<-m.release
	return auth.Token{AccessToken: "a", RefreshToken: "r"}, nil
}

// TestMint_logoutMeanwhile: a Logout that comes while a session is made, and gives up waiting for
// the store, is final: the session is not left in the store, where another process would find it
// with a revoked token.
func TestMint_logoutMeanwhile(t *testing.T) {
	t.Parallel()
	store, m := storage.NewMemory(), slowMinter{make(chan struct{}), make(chan struct{})}
	revoked := make(chan string, 1)
	session, err := auth.New(auth.Config{
		BaseURL: "https://api.example.com", Store: store, Refresher: m,
		Revoke: func(_ context.Context, token auth.Token) error {
			revoked <- stored(t, store) + token.AccessToken
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan error, 1)
	go func() {
		_, err := session.Token(t.Context())
		got <- err
	}()
	<-m.asked
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := session.Logout(gone); !errors.Is(err, auth.ErrPersist) {
		t.Errorf("Logout: %v", err)
	}
	close(m.release)
	if err := <-got; !errors.Is(err, auth.ErrLoginRequired) {
		t.Errorf("got %v", err)
	}
	if what := <-revoked; what != "a" {
		t.Errorf("when its token was revoked, the store held %s", what)
	}
	if err := session.Close(context.WithoutCancel(t.Context())); err != nil {
		t.Error(err)
	}
}
