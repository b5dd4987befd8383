package idp_test

import (
	"context"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
)

// TestDPoP takes sessions whose tokens are bound to a key through their life, at a provider that
// requires nonces and at one that does not.
func TestDPoP(t *testing.T) {
	t.Parallel()
	for name, nonce := range map[string]bool{"without nonces": false, "with nonces": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startOIDC(t, ttl, nonce)
			for _, id := range []string{"dpop", "dpop-public"} {
				t.Run(id, func(t *testing.T) {
					t.Run("logout", func(t *testing.T) { p.boundLogout(t, id) })
				})
			}
			t.Run("one refresh for 50 calls", func(t *testing.T) {
				startOIDC(t, stormTTL, nonce).storms(t, []string{"dpop", "dpop-public"})
			})
			t.Run("six processes", func(t *testing.T) { p.share(t, "dpop-public") })
			t.Run("no nonce known to 50 calls", startOIDC(t, 300, nonce).boundNonces)
		})
	}
}

// expire waits until a token has expired by its own account, and a second more for whole seconds.
func expire(ctx context.Context, token auth.Token) {
	timer := time.NewTimer(time.Until(token.Expiry) + time.Second)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// boundNonces lets 50 calls of a program that knows no nonce yet begin at once, with a fresh token.
func (p *provider) boundNonces(t *testing.T) {
	const id = "dpop"
	dir := t.TempDir()
	first := p.signIn(t, id, openKeyring(t, dir))
	if err := first.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := p.open(t, id, openKeyring(t, dir))
	if err := s.storm(t.Context(), 50); err != nil {
		t.Error(err)
	}
	if n, _ := s.meter.counts(); n != 0 {
		t.Errorf("%d refreshes, want none", n)
	}
}

// boundLogout kills the refresh token at the server.
func (p *provider) boundLogout(t *testing.T, id string) {
	t.Helper()
	token := p.login(t, id)
	s := p.open(t, id, nil)
	if err := s.Login(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	if err := s.Logout(t.Context()); err != nil {
		t.Error(err)
	}
	p.checkDead(t, id, token)
}
