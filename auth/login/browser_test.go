package login_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/auth/login"
)

// signIn signs in with a browser that needs no human.
func signIn(t *testing.T, s *authtest.Server, cfg login.BrowserConfig) (auth.Token, *browser, error) {
	t.Helper()
	b := &browser{server: s}
	cfg.Open, cfg.Output = b.open, io.Discard
	token, err := login.Browser(t.Context(), cfg)
	b.done.Wait()
	return token, b, err
}

func TestBrowser(t *testing.T) {
	t.Parallel()
	for _, redirect := range []string{"", "http://127.0.0.1:0/cb", "http://[::1]/callback", "http://localhost/", "http://127.0.0.1"} {
		s := newServer(t, authtest.Config{Clients: authtest.Secrets{"app": ""}, BrowserUser: "bob"})
		token, b, err := signIn(t, s, login.BrowserConfig{Client: clientOf(t, s), RedirectURL: redirect})
		if err != nil {
			if strings.Contains(redirect, "::1") && strings.Contains(err.Error(), "listening") {
				t.Logf("no IPv6 here: %v", err)
				continue
			}
			t.Fatalf("%s: %v", redirect, err)
		}
		if got := me(t, s, token.AccessToken); got != "bob" || token.RefreshToken == "" || token.Expiry.IsZero() {
			t.Errorf("%s: user %q, token %v", redirect, got, token)
		}
		status, page := b.shown()
		if status != http.StatusOK || !strings.Contains(page, "Signed in") {
			t.Errorf("%s: page %d %s", redirect, status, page)
		}
		for _, secret := range []string{token.AccessToken, token.RefreshToken, "code-"} {
			if strings.Contains(page, secret) {
				t.Errorf("%s: the page shows a secret", redirect)
			}
		}
		if csp := b.header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || b.header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("header %v", b.header)
		}
		at, err := url.Parse(b.at)
		if err != nil {
			t.Fatal(err)
		}
		if conn, err := net.Dial("tcp", at.Host); err == nil {
			_ = conn.Close()
			t.Errorf("%s: the listener is still there", redirect)
		}
	}
}

func TestBrowser_with_a_fixed_port(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	redirect := "http://" + l.Addr().String() + "/callback"
	s := newServer(t, authtest.Config{})
	cfg := login.BrowserConfig{Client: clientOf(t, s), RedirectURL: redirect}
	if _, _, err := signIn(t, s, cfg); err == nil || !strings.Contains(err.Error(), "choose another port") {
		t.Errorf("a taken port: error %v", err)
	}
	_ = l.Close()
	_, b, err := signIn(t, s, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(b.at, redirect+"?") {
		t.Errorf("ended at %s, want %s", b.at, redirect)
	}
}

// The session that Browser starts is refreshed and revoked by the same client, however that
// authenticates.
func TestBrowser_starts_a_session(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	assertion, err := login.PrivateKeyJWT("key", "", key)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"app", "secret", "key"} {
		s := newServer(t, authtest.Config{
			Clients: authtest.Secrets{"secret": "se cret", "app": ""}, ClientAuth: authtest.ClientSecretPost,
			ClientKeys: map[string]crypto.PublicKey{"key": key.Public()},
		})
		client := clientOf(t, s)
		client.ID = id
		switch id {
		case "secret":
			client.Secret = "se cret"
		case "key":
			client.Assertion = assertion
		}
		token, _, err := signIn(t, s, login.BrowserConfig{Client: client})
		if err != nil {
			t.Fatal(err)
		}
		refresher, revoker := client.Refresher(), client.Revoker()
		refresher.Transport, revoker.Transport = s.Transport(), s.Transport()
		session, err := auth.New(auth.Config{BaseURL: s.URL, Refresher: refresher, Revoke: revoker.Revoke})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = session.Close(context.WithoutCancel(t.Context())) })
		token.Expiry = time.Now().Add(-time.Minute)
		if err := session.Login(t.Context(), token); err != nil {
			t.Fatal(err)
		}
		if _, err := session.Token(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.AssertRefreshes(t, 1)
		if err := session.Logout(t.Context()); err != nil {
			t.Errorf("%s: %v", id, err)
		}
		s.AssertSessions(t, 0)
	}
}

func TestBrowser_client_authentication(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	assertion, err := login.PrivateKeyJWT("key", "", key)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*authtest.Config, *login.Client){
		"public": func(*authtest.Config, *login.Client) {},
		"client_secret_basic": func(c *authtest.Config, l *login.Client) {
			c.ClientAuth, l.ID, l.Secret = authtest.ClientSecretBasic, "we:ird", "s3cr+t/ %&="
		},
		"client_secret_post": func(c *authtest.Config, l *login.Client) {
			c.ClientAuth, l.ID, l.Secret = authtest.ClientSecretPost, "we:ird", "s3cr+t/ %&="
		},
		"private_key_jwt": func(_ *authtest.Config, l *login.Client) { l.ID, l.Assertion = "key", assertion },
	} {
		for _, push := range []bool{false, true} {
			cfg := authtest.Config{
				Clients:    authtest.Secrets{"app": "", "we:ird": "s3cr+t/ %&="},
				ClientKeys: map[string]crypto.PublicKey{"key": key.Public()},
			}
			change(&cfg, new(login.Client))
			s := newServer(t, cfg)
			client := clientOf(t, s)
			change(new(authtest.Config), &client)
			token, _, err := signIn(t, s, login.BrowserConfig{Client: client, Push: push})
			if err != nil {
				t.Errorf("%s, pushed %v: %v\n%v", name, push, err, s.Timeline())
			} else if me(t, s, token.AccessToken) != authtest.DefaultUser {
				t.Errorf("%s, pushed %v: not signed in", name, push)
			}
		}
	}
}

func TestBrowser_pushes_where_it_is_required(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{RequirePAR: true})
	client := clientOf(t, s)
	client.Params = url.Values{"login_hint": {"bob@example.test"}}
	var opened string
	b := &browser{server: s}
	_, err := login.Browser(t.Context(), login.BrowserConfig{
		Client: client, Output: io.Discard,
		Open: func(ctx context.Context, address string) error { opened = address; return b.open(ctx, address) },
	})
	b.done.Wait()
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(opened)
	if err != nil {
		t.Fatal(err)
	}
	if q := u.Query(); len(q) != 2 || q.Get("client_id") != "app" || q.Get("request_uri") == "" {
		t.Errorf("the browser got %v", q)
	}
}

func TestBrowser_refused(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{DenyAuthorization: true})
	_, b, err := signIn(t, s, login.BrowserConfig{Client: clientOf(t, s)})
	e, ok := errors.AsType[*login.Error](err)
	if !ok || e.Code != "access_denied" || !errors.Is(err, login.ErrAccessDenied) {
		t.Errorf("error %v", err)
	}
	if status, page := b.shown(); status != http.StatusBadRequest || !strings.Contains(page, "Not signed in") {
		t.Errorf("page %d %s", status, page)
	}
}

// A page that any site can open does not end the login, and does not sign the user in as another.
func TestBrowser_ignores_other_responses(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	b := &browser{server: s}
	stranger := &browser{server: s}
	_, err := login.Browser(t.Context(), login.BrowserConfig{
		Client: clientOf(t, s), Output: io.Discard,
		Open: func(ctx context.Context, address string) error {
			u, err := url.Parse(address)
			if err != nil {
				return err
			}
			redirect := u.Query().Get("redirect_uri")
			for _, other := range []string{
				"?code=evil&state=guess", "?code=evil", "?error=access_denied", "?code=a&state=x&state=" + u.Query().Get("state"),
				"x?code=a&state=" + u.Query().Get("state"), "",
			} {
				stranger.visit(redirect + other)
				if stranger.status != http.StatusNotFound || stranger.err != nil {
					t.Errorf("%s: page %d, error %v", other, stranger.status, stranger.err)
				}
			}
			return b.open(ctx, address)
		},
	})
	b.done.Wait()
	if err != nil {
		t.Fatal(err)
	}
}

func TestBrowser_checks_the_issuer(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	client := clientOf(t, s)
	client.Provider.Issuer = "https://honest.example.test"
	if _, _, err := signIn(t, s, login.BrowserConfig{Client: client}); err == nil || !strings.Contains(err.Error(), "not from") {
		t.Errorf("another issuer: error %v", err)
	}
	s = newServer(t, authtest.Config{OmitIss: true})
	client = clientOf(t, s)
	if _, _, err := signIn(t, s, login.BrowserConfig{Client: client}); err != nil {
		t.Errorf("a provider that sends no iss: %v", err)
	}
	client.Provider.SendsIssuer = true
	if _, _, err := signIn(t, s, login.BrowserConfig{Client: client}); err == nil || !strings.Contains(err.Error(), "no iss") {
		t.Errorf("iss is missing: error %v", err)
	}
}

// A token endpoint that does not verify PKCE, or returns the ID token of another login.
func TestBrowser_checks_the_nonce(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	client := clientOf(t, s)
	client.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		return answerWith(200, "application/json", `{"access_token":"a-b-c-d","token_type":"Bearer","id_token":"e30.eyJub25jZSI6Im90aGVyIn0.x"}`)(r)
	})
	if _, _, err := signIn(t, s, login.BrowserConfig{Client: client}); err == nil || !strings.Contains(err.Error(), "nonce") {
		t.Errorf("error %v", err)
	}
}

func TestBrowser_ends_with_its_context(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	ctx, cancel := context.WithCancel(t.Context())
	var address string
	_, err := login.Browser(ctx, login.BrowserConfig{
		Client: clientOf(t, s), Output: io.Discard,
		Open: func(_ context.Context, a string) error { address = a; cancel(); return nil },
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	redirect, err := url.Parse(u.Query().Get("redirect_uri"))
	if err != nil {
		t.Fatal(err)
	}
	if conn, err := net.Dial("tcp", redirect.Host); err == nil {
		_ = conn.Close()
		t.Error("the listener is still there")
	}
	_, err = login.Browser(t.Context(), login.BrowserConfig{
		Client: clientOf(t, s), Output: io.Discard, Timeout: 1,
		Open: func(ctx context.Context, _ string) error { <-ctx.Done(); return nil },
	})
	if !errors.Is(err, login.ErrExpired) {
		t.Errorf("after the timeout: error %v", err)
	}
}

// Over ssh: nothing is opened, the URL is printed and the address is pasted.
func TestBrowser_pasted(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{BrowserUser: "bob"})
	for name, change := range map[string]func(at string) []string{
		"the address":    func(at string) []string { return []string{at + "\n"} },
		"the query":      func(at string) []string { _, q, _ := strings.Cut(at, "?"); return []string{q} },
		"the code":       func(at string) []string { u, _ := url.Parse(at); return []string{" " + u.Query().Get("code") + " "} },
		"after mistakes": func(at string) []string { return []string{"", "https://example.test/", "two words", at} },
		"an old address": func(at string) []string { return []string{"http://127.0.0.1/callback?code=x&state=old", at} },
	} {
		var out bytes.Buffer
		var texts []string
		var n int
		token, err := login.Browser(t.Context(), login.BrowserConfig{
			Client: clientOf(t, s), Output: &out, NoBrowser: true,
			Open: func(context.Context, string) error { t.Error("opened a browser"); return nil },
			Paste: func(context.Context) (string, error) {
				if texts == nil {
					b := &browser{server: s}
					client := &http.Client{Transport: s.Transport(), CheckRedirect: func(r *http.Request, _ []*http.Request) error {
						b.at = r.URL.String()
						return http.ErrUseLastResponse
					}}
					resp, err := client.Get(addressIn(out.String()))
					if err != nil {
						return "", err
					}
					_ = resp.Body.Close()
					texts = change(b.at)
				}
				n++
				return texts[n-1], nil
			},
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if me(t, s, token.AccessToken) != "bob" || n != len(texts) {
			t.Errorf("%s: %d pastes", name, n)
		}
		if strings.Contains(out.String(), token.AccessToken) || strings.Contains(out.String(), "code-") {
			t.Errorf("%s: a secret in %s", name, out.String())
		}
	}
}

// addressIn returns the URL in what Browser prints.
func addressIn(text string) string {
	_, rest, _ := strings.Cut(text, "\n\n  ")
	address, _, _ := strings.Cut(rest, "\n")
	return address
}

func TestBrowser_paste_ends(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	broken := errors.New("broken terminal")
	for name, c := range map[string]struct {
		paste func(context.Context) (string, error)
		want  error
	}{
		"an error":  {func(context.Context) (string, error) { return "", broken }, broken},
		"only junk": {func(context.Context) (string, error) { return "two words", nil }, nil},
	} {
		_, err := login.Browser(t.Context(), login.BrowserConfig{Client: clientOf(t, s), Output: io.Discard, NoBrowser: true, Paste: c.paste})
		if err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	// Without a terminal the browser may still reach the listener, and Paste ends with that.
	for _, ends := range []error{io.EOF, nil} {
		var pasting atomic.Bool
		b := &browser{server: s}
		out := writer(func(p []byte) {
			if address := addressIn(string(p)); address != "" {
				_ = b.open(t.Context(), address)
			}
		})
		_, err := login.Browser(t.Context(), login.BrowserConfig{
			Client: clientOf(t, s), Output: out, NoBrowser: true,
			Paste: func(ctx context.Context) (string, error) {
				if ends != nil {
					return "", ends
				}
				pasting.Store(true)
				<-ctx.Done()
				pasting.Store(false)
				return "", ctx.Err()
			},
		})
		b.done.Wait()
		if err != nil || pasting.Load() {
			t.Errorf("error %v, still pasting %v", err, pasting.Load())
		}
	}
}

// writer is an [io.Writer] made of a function.
type writer func([]byte)

func (w writer) Write(p []byte) (int, error) { w(p); return len(p), nil }

func TestBrowser_asks_the_user_where_no_browser_opens(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	b := &browser{server: s}
	_, err := login.Browser(t.Context(), login.BrowserConfig{
		Client: clientOf(t, s),
		Open:   func(context.Context, string) error { return errors.New("no display") },
		Output: writer(func(p []byte) {
			if address := addressIn(string(p)); address != "" {
				b.done.Go(func() { b.visit(address) })
			}
		}),
	})
	b.done.Wait()
	if err != nil {
		t.Error(err)
	}
}

func TestBrowser_configuration(t *testing.T) {
	t.Parallel()
	good := login.Client{ID: "app", Provider: login.Provider{Endpoint: oauth2.Endpoint{AuthURL: "https://id.test/a", TokenURL: "https://id.test/t"}}}
	bad := good
	bad.ID, bad.Provider.Endpoint.AuthURL, bad.Provider.Endpoint.TokenURL = "", "http://id.test/a", ""
	both := good
	both.Secret, both.Assertion = "x", func(context.Context, string) (string, error) { return "", nil }
	user := good
	user.Provider.Endpoint.TokenURL = "https://me:pw@id.test/t"
	for name, c := range map[string]struct {
		cfg  login.BrowserConfig
		want []string
	}{
		"zero":           {login.BrowserConfig{}, []string{"Client.ID is required", "no authorization endpoint", "no token endpoint"}},
		"bad client":     {login.BrowserConfig{Client: bad}, []string{"Client.ID", "use https, or a loopback", "no token endpoint"}},
		"two ways":       {login.BrowserConfig{Client: both}, []string{"remove one"}},
		"a password":     {login.BrowserConfig{Client: user}, []string{"password in it"}},
		"redirect away":  {login.BrowserConfig{Client: good, RedirectURL: "http://example.test/cb"}, []string{"RedirectURL must be http on"}},
		"redirect https": {login.BrowserConfig{Client: good, RedirectURL: "https://127.0.0.1/cb"}, []string{"RedirectURL must be http on"}},
		"redirect query": {login.BrowserConfig{Client: good, RedirectURL: "http://127.0.0.1/cb?x=1"}, []string{"without query"}},
		"no push":        {login.BrowserConfig{Client: good, Push: true}, []string{"no pushed authorization"}},
		"timeout":        {login.BrowserConfig{Client: good, Timeout: -1}, []string{"must not be negative"}},
	} {
		_, err := login.Browser(t.Context(), c.cfg)
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %v, want %q", name, err, want)
			}
		}
		if err != nil && strings.Contains(err.Error(), "pw") {
			t.Errorf("%s: a password in %v", name, err)
		}
	}
}

// A redirect URL that is not here: only the pasted address can bring the code.
func TestBrowser_redirects_elsewhere(t *testing.T) {
	t.Parallel()
	const redirect = "https://program.example.test/signed-in"
	s := newServer(t, authtest.Config{RedirectURIs: []string{redirect}})
	var out bytes.Buffer
	pasted := errors.New("nothing to paste")
	for _, fails := range []bool{false, true} {
		out.Reset()
		_, err := login.Browser(t.Context(), login.BrowserConfig{
			Client: clientOf(t, s), Output: &out, NoBrowser: true, RedirectURL: redirect,
			Paste: func(ctx context.Context) (string, error) {
				if fails {
					return "", pasted
				}
				client := &http.Client{Transport: s.Transport(), CheckRedirect: func(*http.Request, []*http.Request) error {
					return http.ErrUseLastResponse
				}}
				r, err := http.NewRequestWithContext(ctx, http.MethodGet, addressIn(out.String()), http.NoBody)
				if err != nil {
					return "", err
				}
				resp, err := client.Do(r)
				if err != nil {
					return "", err
				}
				defer resp.Body.Close()
				return resp.Header.Get("Location"), nil
			},
		})
		if fails != errors.Is(err, pasted) || !fails && err != nil {
			t.Errorf("fails %v: error %v", fails, err)
		}
	}
}

// The login is canceled while the code is exchanged: the page says so, and nothing hangs.
func TestBrowser_canceled_in_the_exchange(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	ctx, cancel := context.WithCancel(t.Context())
	client := clientOf(t, s)
	client.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		cancel()
		<-r.Context().Done()
		return nil, r.Context().Err()
	})
	b := &browser{server: s}
	_, err := login.Browser(ctx, login.BrowserConfig{Client: client, Output: io.Discard, Open: b.open})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if _, page := b.shown(); page != "" && !strings.Contains(page, "Not signed in") {
		t.Errorf("page %s", page)
	}
}

func TestBrowser_push_fails(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"error":"invalid_redirect_uri"}`: "BrowserConfig.RedirectURL", `{}`: "no request_uri", `<html>`: "no request_uri",
	} {
		client := login.Client{ID: "app", Transport: answerWith(400, "application/json", body)}
		client.Provider.Endpoint = oauth2.Endpoint{AuthURL: "https://id.test/a", TokenURL: "https://id.test/t"}
		client.Provider.PushedAuthorizationURL = "https://id.test/par"
		_, err := login.Browser(t.Context(), login.BrowserConfig{
			Client: client, Output: io.Discard, Push: true,
			Open: func(context.Context, string) error { t.Error("opened"); return nil },
		})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", body, err, want)
		}
	}
}
