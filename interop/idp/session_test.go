package idp_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"golang.org/x/oauth2"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/dpop"
	"github.com/chatelaine-go/chatelaine/auth/login"
	"github.com/chatelaine-go/chatelaine/chain"
)

// styleOf returns how a client of the tests sends its secret.
func styleOf(id string) oauth2.AuthStyle {
	if id == "post" {
		return oauth2.AuthStyleInParams
	}
	return oauth2.AuthStyleInHeader
}

// meter counts the refreshes that pass, and can replace their responses.
type meter struct {
	mu      sync.Mutex
	refresh []string // a hash of each refresh token that was sent
	dead    int      // responses with invalid_grant
	nonces  int      // responses with use_dpop_nonce
	fail    func(*http.Request) (*http.Response, error)
	sent    func(hash string)
}

// RoundTrip counts and sends a request.
func (m *meter) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	m.mu.Lock()
	fail := m.fail
	m.mu.Unlock()
	if fail != nil {
		return fail(r)
	}
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil || form.Get("grant_type") != "refresh_token" {
		return resp, err
	}
	said, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(strings.NewReader(string(said)))
	m.count(form.Get("refresh_token"), resp.StatusCode, string(said))
	return resp, nil
}

// count counts a refresh. One that was asked for a nonce has spent nothing and is sent again.
func (m *meter) count(token string, status int, body string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	refused := status >= http.StatusBadRequest
	if refused && strings.Contains(body, "use_dpop_nonce") {
		m.nonces++
		return
	}
	hash := hashOf(token)
	m.refresh = append(m.refresh, hash)
	if m.sent != nil {
		m.sent(hash)
	}
	if refused && strings.Contains(body, "invalid_grant") {
		m.dead++
	}
}

// counts returns the number of refreshes, and of those that were refused for good.
func (m *meter) counts() (refreshes, dead int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.refresh), m.dead
}

// breakWith makes every request end like this; nil repairs it.
func (m *meter) breakWith(fail func(*http.Request) (*http.Response, error)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail = fail
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}

// session is a session at a provider with a client that calls its API.
type session struct {
	*auth.Interceptor

	http  *http.Client
	meter *meter
	api   string
}

// newSession makes a session whose store may be shared; nil keeps it in memory.
func newSession(c login.Client, store auth.Store, m *meter) (*session, error) {
	a, err := auth.New(auth.Config{
		BaseURL:   c.Provider.Issuer,
		Store:     store,
		Refresher: refresherOf(c, m),
		Revoke:    revokerOf(c, m),
		Prover:    proverOf(c.ID),
	})
	if err != nil {
		return nil, err
	}
	base := &http.Transport{MaxIdleConnsPerHost: 50}
	return &session{
		Interceptor: a, meter: m, api: c.Provider.UserInfoURL,
		http: &http.Client{Transport: chain.New(a).Transport(base)},
	}, nil
}

// call calls the API and returns the subject that it knows the session by.
func (s *session) call(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.api, http.NoBody)
	if err != nil {
		return err
	}
	resp, err := s.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK || !strings.Contains(string(body), `"alice"`) {
		return fmt.Errorf("status %d: %.200s", resp.StatusCode, body)
	}
	return nil
}

// storm calls the API n times at once.
func (s *session) storm(ctx context.Context, n int) error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = s.call(ctx) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// newSessionOf makes a session that ends with the test, and signs in.
func (p *provider) signIn(t *testing.T, id string, store auth.Store) *session {
	t.Helper()
	s := p.open(t, id, store)
	if err := s.Login(t.Context(), p.login(t, id)); err != nil {
		t.Fatal(err)
	}
	return s
}

// open makes a session that ends with the test, without signing in.
func (p *provider) open(t *testing.T, id string, store auth.Store) *session {
	t.Helper()
	s, err := newSession(p.client(t, id), store, new(meter))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(context.WithoutCancel(t.Context())) })
	return s
}

// usesDPoP reports whether a client's tokens are bound to a key.
func usesDPoP(id string) bool { return strings.HasPrefix(id, "dpop") }

// proverOf returns what proves the possession of the key, if there is one.
func proverOf(id string) auth.Prover {
	if usesDPoP(id) {
		return dpop.New()
	}
	return nil
}

// login signs in with the browser, and binds the token to a new key if the client wants that.
func (p *provider) login(t *testing.T, id string) auth.Token {
	t.Helper()
	c := p.client(t, id)
	if !usesDPoP(id) {
		return p.loginAs(t, c)
	}
	key, err := dpop.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	c.Transport = key.Transport(&http.Transport{DisableKeepAlives: true})
	token, err := key.Bind(p.loginAs(t, c))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (p *provider) loginAs(t *testing.T, c login.Client) auth.Token {
	t.Helper()
	visited := make(chan error, 1)
	token, err := login.Browser(t.Context(), login.BrowserConfig{
		Client: c, Output: io.Discard,
		Open: func(ctx context.Context, url string) error {
			go func() { visited <- p.visit(context.WithoutCancel(ctx), url) }() // a browser keeps running
			return nil
		},
	})
	if err != nil {
		select {
		case visit := <-visited:
			t.Logf("the browser: %v", visit)
		default:
		}
		t.Fatalf("signing in as %s: %v", c.ID, err)
	}
	if err := <-visited; err != nil {
		t.Errorf("the browser: %v", err)
	}
	if token.RefreshToken == "" {
		t.Fatalf("signing in as %s: no refresh token", c.ID)
	}
	return token
}
