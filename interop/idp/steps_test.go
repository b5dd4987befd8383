package idp_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/login"
	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

// The life of an access token, in seconds: short where expiries are waited for, and long enough for
// a storm of 50 calls on a busy machine.
const (
	ttl      = 3
	stormTTL = 20
)

// TestProviders takes a session through its life at each provider.
func TestProviders(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*testing.T, int) *provider{
		"oidc-provider": func(t *testing.T, ttl int) *provider { return startOIDC(t, ttl, false) },
		"hydra":         startHydra,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t, ttl)
			t.Run("1 browser", p.browserLogin)
			t.Run("2 device", p.deviceLogin)
			t.Run("3 one refresh for 50 calls", start(t, stormTTL).oneRefresh)
			t.Run("4 restart from the keyring", p.restart)
			t.Run("5 outage", p.outage)
			t.Run("6 revoked at the server", p.revoked)
			t.Run("7 logout", p.logout)
			t.Run("8 six processes", p.processes)
		})
	}
}

// browserLogin signs in with a browser, plain and with a pushed request where there are any.
func (p *provider) browserLogin(t *testing.T) {
	s := p.signIn(t, "public", nil)
	if err := s.call(t.Context()); err != nil {
		t.Error(err)
	}
	if p.PushedAuthorizationURL == "" {
		t.Log("the provider takes no pushed requests")
		return
	}
	visited := make(chan error, 1)
	token, err := login.Browser(t.Context(), login.BrowserConfig{
		Client: p.client(t, "public"), Output: io.Discard, Push: true,
		Open: func(ctx context.Context, url string) error {
			if strings.Contains(url, "code_challenge") {
				t.Errorf("the request was not pushed")
			}
			go func() { visited <- p.visit(context.WithoutCancel(ctx), url) }() // a browser keeps running
			return nil
		},
	})
	if err := errors.Join(err, <-visited); err != nil || token.AccessToken == "" {
		t.Errorf("pushed: %v", err)
	}
}

// deviceLogin signs in with a device code.
func (p *provider) deviceLogin(t *testing.T) {
	if p.Endpoint.DeviceAuthURL == "" {
		t.Skip("Hydra 2.3 has no device authorization endpoint")
	}
	visited := make(chan error, 1)
	token, err := login.Device(t.Context(), login.DeviceConfig{
		Client: p.client(t, "public"),
		Show: func(ctx context.Context, prompt login.DevicePrompt) error {
			go func() { visited <- p.visit(context.WithoutCancel(ctx), prompt.CompleteURL) }()
			return nil
		},
	})
	if err := errors.Join(err, <-visited); err != nil {
		t.Fatal(err)
	}
	s := p.open(t, "public", nil)
	if err := s.Login(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	if err := s.call(t.Context()); err != nil {
		t.Error(err)
	}
}

// awaitRefused waits until the provider refuses an access token.
func (p *provider) awaitRefused(t *testing.T, access string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.UserInfoURL, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+access)
		resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode == http.StatusUnauthorized {
			return
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			t.Fatal("the access token does not expire")
		}
	}
}

// oneRefresh lets 50 calls of each client meet an expired token, once known from its expiry and
// once by 401.
func (p *provider) oneRefresh(t *testing.T) { p.storms(t, clientIDs) }

// storms signs in with every client, waits until all tokens have expired, and lets 50 calls of each
// session begin at once: one refresh. The provider's tokens must live longer than such a storm.
func (p *provider) storms(t *testing.T, ids []string) {
	t.Helper()
	sessions := make(map[string]*session)
	var last auth.Token
	for _, id := range ids {
		for _, how := range []string{"known", "by 401"} {
			last = p.login(t, id)
			kept := last
			if how == "by 401" {
				kept.Expiry = time.Time{}
			}
			s := p.open(t, id, nil)
			if err := s.Login(t.Context(), kept); err != nil {
				t.Fatal(err)
			}
			sessions[id+", "+how] = s
		}
	}
	expire(t.Context(), last)
	for name, s := range sessions {
		if err := s.storm(t.Context(), 50); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if n, dead := s.meter.counts(); n != 1 || dead != 0 {
			t.Errorf("%s: %d refreshes, %d refused; want 1 and 0", name, n, dead)
		}
	}
}

// keyringAt opens the encrypted file keyring of a directory.
func keyringAt(ctx context.Context, dir string) (*keyring.Store, error) {
	return keyring.Open(ctx, keyring.Config{
		Service: "chatelaine-idp", Backend: "file", Dir: filepath.Join(dir, "keyring"),
		Passphrase: func(string) (string, error) { return "of the tests", nil },
	})
}

func openKeyring(t *testing.T, dir string) *keyring.Store {
	t.Helper()
	store, err := keyringAt(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// restart continues the session after the program was started again.
func (p *provider) restart(t *testing.T) {
	dir := t.TempDir()
	first := p.signIn(t, "public", openKeyring(t, dir))
	token, err := first.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.awaitRefused(t, token.AccessToken)
	second := p.open(t, "public", openKeyring(t, dir))
	if err := second.call(t.Context()); err != nil {
		t.Error(err)
	}
	if n, dead := second.meter.counts(); n != 1 || dead != 0 {
		t.Errorf("%d refreshes, %d refused; want 1 and 0", n, dead)
	}
}

// outage keeps the session while the token endpoint fails and while the provider stands still.
func (p *provider) outage(t *testing.T) {
	s := p.signIn(t, "public", nil)
	token, err := s.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p.awaitRefused(t, token.AccessToken)
	s.meter.breakWith(func(r *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: http.StatusInternalServerError, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{},
			Body: io.NopCloser(strings.NewReader("oops")), Request: r,
		}, nil
	})
	if err := s.call(t.Context()); !errors.Is(err, auth.ErrRefreshFailed) {
		t.Errorf("with status 500: error %v, want ErrRefreshFailed", err)
	}
	s.meter.breakWith(nil)
	if err := p.process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	err = s.call(ctx)
	cancel()
	if contErr := p.process.Signal(syscall.SIGCONT); contErr != nil {
		t.Fatal(contErr)
	}
	if err == nil || errors.Is(err, auth.ErrLoginRequired) {
		t.Errorf("while the provider stands still: error %v", err)
	}
	p.eventually(t, s)
	if _, dead := s.meter.counts(); dead != 0 {
		t.Errorf("%d refreshes were refused", dead)
	}
}

// eventually calls the API until the backoff after an outage has passed.
func (p *provider) eventually(t *testing.T, s *session) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		err := s.call(ctx)
		if err == nil {
			return
		}
		if errors.Is(err, auth.ErrLoginRequired) {
			t.Fatalf("logged out by an outage: %v", err)
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			t.Fatalf("the session does not recover: %v", err)
		}
	}
}

// revoked ends the session at the server: everyone is logged out, and the store is empty.
func (p *provider) revoked(t *testing.T) {
	dir := t.TempDir()
	store := openKeyring(t, dir)
	s := p.signIn(t, "public", store)
	other := p.open(t, "public", openKeyring(t, dir))
	if err := other.call(t.Context()); err != nil {
		t.Fatal(err)
	}
	token, err := s.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := revokerOf(p.client(t, "public"), new(meter))(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	p.awaitRefused(t, token.AccessToken)
	for name, s := range map[string]*session{"the session": s, "the other one": other} {
		if err := s.call(t.Context()); !errors.Is(err, auth.ErrLoginRequired) {
			t.Errorf("%s: error %v, want ErrLoginRequired", name, err)
		}
	}
	if _, err := store.Load(t.Context(), "default"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the store: %v, want not found", err)
	}
}

// logout kills the refresh token at the server.
func (p *provider) logout(t *testing.T) {
	for _, id := range clientIDs {
		s := p.signIn(t, id, nil)
		token, err := s.Token(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Logout(t.Context()); err != nil {
			t.Errorf("%s: %v", id, err)
		}
		p.checkDead(t, id, token)
	}
}

// checkDead refreshes with a token that must be dead.
func (p *provider) checkDead(t *testing.T, id string, token auth.Token) {
	t.Helper()
	m := new(meter)
	s, err := newSession(p.client(t, id), nil, m)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close(context.WithoutCancel(t.Context())) }()
	token.Expiry = time.Now().Add(-time.Minute)
	if err := s.Login(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Token(t.Context()); !errors.Is(err, auth.ErrLoginRequired) {
		t.Errorf("%s: the refresh token is alive after the logout: %v", id, err)
	}
	if _, dead := m.counts(); dead != 1 {
		t.Errorf("%s: %d refreshes were refused, want 1", id, dead)
	}
}
