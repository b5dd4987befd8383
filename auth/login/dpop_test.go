package login_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/auth/dpop"
	"github.com/chatelaine-go/chatelaine/auth/login"
	"github.com/chatelaine-go/chatelaine/chain"
)

// Every way to sign in works where tokens must be bound to a key and proofs need a nonce, and the
// session goes on with the key of the login.
func TestLogin_with_DPoP(t *testing.T) {
	t.Parallel()
	for name, signIn := range map[string]func(*testing.T, *authtest.Server, login.Client) (auth.Token, error){
		"browser": func(t *testing.T, s *authtest.Server, c login.Client) (auth.Token, error) {
			t.Helper()
			token, _, err := signIn(t, s, login.BrowserConfig{Client: c})
			return token, err
		},
		"pushed": func(t *testing.T, s *authtest.Server, c login.Client) (auth.Token, error) {
			t.Helper()
			token, _, err := signIn(t, s, login.BrowserConfig{Client: c, Push: true})
			return token, err
		},
		"device": func(t *testing.T, s *authtest.Server, c login.Client) (auth.Token, error) {
			t.Helper()
			return login.Device(t.Context(), login.DeviceConfig{
				Client: c,
				Show:   func(_ context.Context, p login.DevicePrompt) error { return s.ApproveDevice(p.UserCode, "alice") },
			})
		},
	} {
		s := newServer(t, authtest.Config{DPoP: authtest.DPoPRequired, DPoPNonce: true, DeviceInterval: time.Second})
		key, err := dpop.NewKey()
		if err != nil {
			t.Fatal(err)
		}
		client := clientOf(t, s)
		client.Transport = key.Transport(s.Transport())
		token, err := signIn(t, s, client)
		if err != nil {
			t.Errorf("%s: %v\n%v", name, err, s.Timeline())
			continue
		}
		bound, err := key.Bind(token)
		if err != nil {
			t.Fatal(err)
		}
		session, err := auth.New(auth.Config{
			BaseURL: s.URL, Refresher: client.Refresher(), Revoke: client.Revoker().Revoke, Prover: dpop.New(),
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = session.Close(context.WithoutCancel(t.Context())) })
		if err := session.Login(t.Context(), bound); err != nil {
			t.Fatal(err)
		}
		api := &http.Client{Transport: chain.New(session).Transport(s.Transport())}
		s.ExpireAccess()
		s.RotateNonce()
		resp, err := api.Get(s.URL + "/me")
		if err != nil {
			t.Errorf("%s: %v\n%v", name, err, s.Timeline())
			continue
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", name, resp.Status)
		}
		s.AssertRefreshes(t, 1)
		s.AssertNoReuse(t)
		if err := session.Logout(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		s.AssertSessions(t, 0)
	}
}

// Without a key the provider refuses, and the error says what to do.
func TestLogin_without_the_DPoP_that_is_required(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{DPoP: authtest.DPoPRequired})
	_, _, err := signIn(t, s, login.BrowserConfig{Client: clientOf(t, s)})
	if e, ok := errors.AsType[*login.Error](err); !ok || e.Code != "invalid_dpop_proof" {
		t.Errorf("error %v", err)
	}
}
