package dpop_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/auth/dpop"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/storage"
)

// TestMain lets the test binary play the part of a program as well.
func TestMain(m *testing.M) {
	flag.Parse()
	if flag.Arg(0) == childMarker {
		if err := child(flag.Arg(1), flag.Arg(2)); err != nil {
			fmt.Println("failed:", err)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// fixture is a client of a server that wants proofs.
type fixture struct {
	*authtest.Server

	session *auth.Interceptor
	client  *http.Client
}

// start makes a client; nobody is signed in.
func start(t *testing.T, s *authtest.Server, store auth.Store, change ...func(*auth.Config)) *fixture {
	t.Helper()
	c := auth.Config{
		BaseURL: s.URL, Store: store, Prover: dpop.New(),
		Refresher: auth.OAuth2Refresher{Config: oauthConfig(s), Transport: s.Transport()},
		Revoke:    auth.OAuth2Revoker{URL: "/oauth/revoke", ClientID: "cli", Transport: s.Transport()}.Revoke,
	}
	for _, f := range change {
		f(&c)
	}
	session, err := auth.New(c)
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{Server: s, session: session, client: &http.Client{Transport: chain.New(session).Transport(s.Transport())}}
	t.Cleanup(func() {
		if err := session.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Errorf("Close: %v", err)
		}
		f.client.CloseIdleConnections()
	})
	return f
}

func server(t *testing.T, c authtest.Config) *authtest.Server {
	t.Helper()
	c.InMemory, c.DPoP = true, authtest.DPoPRequired
	s := authtest.NewServer(c)
	t.Cleanup(s.Close)
	return s
}

func oauthConfig(s *authtest.Server) *oauth2.Config {
	return &oauth2.Config{ClientID: "cli", Endpoint: oauth2.Endpoint{TokenURL: s.URL + "/oauth/token", AuthStyle: oauth2.AuthStyleInParams}}
}

// login signs in as a program would: with the transport of a key.
func (f *fixture) login(t *testing.T) *dpop.Key {
	t.Helper()
	key, err := dpop.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.WithValue(t.Context(), oauth2.HTTPClient, &http.Client{Transport: key.Transport(f.Transport())})
	token, err := oauthConfig(f.Server).PasswordCredentialsToken(ctx, authtest.DefaultUser, authtest.DefaultPassword)
	if err != nil {
		t.Fatal(err)
	}
	bound, err := key.Bind(auth.FromOAuth2(token))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.session.Login(t.Context(), bound); err != nil {
		t.Fatal(err)
	}
	return key
}

func (f *fixture) get(ctx context.Context, path string) (int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, path, http.NoBody)
	if err != nil {
		return 0, err
	}
	resp, err := f.client.Do(r)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

// storm calls the API n times at once.
func (f *fixture) storm(t *testing.T, n int) {
	t.Helper()
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			if status, err := f.get(t.Context(), "/me?q=1"); err != nil || status != http.StatusOK {
				t.Errorf("got %d, %v", status, err)
			}
		})
	}
	wg.Wait()
}

// TestSession: proofs at the API and at the token endpoint, one refresh for a storm, and a key that
// is gone with the session.
func TestSession(t *testing.T) {
	t.Parallel()
	for name, nonce := range map[string]bool{"no nonce": false, "nonce": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := server(t, authtest.Config{DPoPNonce: nonce})
			store := storage.NewMemory()
			f := start(t, s, store)
			f.login(t)
			f.storm(t, 50)
			s.AssertRefreshes(t, 0)

			s.ExpireAccess() // by 401
			f.storm(t, 50)
			s.AssertRefreshes(t, 1)
			if nonce {
				s.RotateNonce()
				f.storm(t, 50) // a stale nonce is not an expired token
				s.AssertRefreshes(t, 1)
				s.RotateNonce()
				s.ExpireAccess()
				f.storm(t, 50) // nor does it spend the refresh token
				s.AssertRefreshes(t, 2)
			}
			if n := s.Stats().Reuses; n != 0 {
				t.Errorf("%d reuses", n)
			}
			data, err := store.Load(t.Context(), "default")
			if err != nil || !strings.Contains(string(data), "dpop_key") {
				t.Errorf("the key is not stored: %v", err)
			}
			if err := f.session.Logout(t.Context()); err != nil {
				t.Fatal(err)
			}
			if data, err := store.Load(t.Context(), "default"); err == nil {
				t.Errorf("stored after Logout: %d bytes", len(data))
			}
			if n := s.Stats().Sessions; n != 0 {
				t.Errorf("%d sessions are alive after Logout", n)
			}
		})
	}
}

// TestSession_processes: those who share a store share the key, and refresh once for each expiry.
func TestSession_processes(t *testing.T) {
	t.Parallel()
	s := server(t, authtest.Config{DPoPNonce: true})
	store := storage.NewMemory()
	var all []*fixture
	for range 6 {
		all = append(all, start(t, s, store))
	}
	all[0].login(t)
	for n := range 5 {
		s.ExpireAccess()
		var wg sync.WaitGroup
		for _, f := range all {
			wg.Go(func() { f.storm(t, 4) })
		}
		wg.Wait()
		s.AssertRefreshes(t, n+1)
	}
	if st := s.Stats(); st.Reuses != 0 || st.Refusals != 0 {
		t.Errorf("got %+v", st)
	}
}

// TestMint: the key of a session out of nothing is made with it, once for all who share the store.
func TestMint(t *testing.T) {
	t.Parallel()
	s := server(t, authtest.Config{DPoPNonce: true, Clients: authtest.Secrets{"robot": "hush"}})
	store := storage.NewMemory()
	mint := func(c *auth.Config) {
		c.Revoke = nil
		c.Refresher = auth.ClientCredentials{
			Config:    clientcredentials.Config{ClientID: "robot", ClientSecret: "hush", TokenURL: "/oauth/token"},
			Transport: s.Transport(),
		}
	}
	a, b := start(t, s, store, mint), start(t, s, store, mint)
	var wg sync.WaitGroup
	wg.Go(func() { a.storm(t, 20) })
	wg.Go(func() { b.storm(t, 20) })
	wg.Wait()
	one, err := a.session.Token(t.Context())
	two, err2 := b.session.Token(t.Context())
	if err := errors.Join(err, err2); err != nil || one.AccessToken != two.AccessToken || one.ProofKey == nil {
		t.Errorf("two sessions, %v", err)
	}
	if n := s.Stats().Unauthorized; n != 0 {
		t.Errorf("%d calls were refused", n)
	}
}

// TestLogin_withoutProofs is refused, with the next step, and changes nothing.
func TestLogin_withoutProofs(t *testing.T) {
	t.Parallel()
	key, err := dpop.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	bound, err := key.Bind(auth.Token{AccessToken: "a", TokenType: "dpop"})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		prover auth.Prover
		token  auth.Token
		ok     bool
	}{
		"no prover":    {nil, bound, false},
		"no key":       {dpop.New(), auth.Token{AccessToken: "a", TokenType: "DPoP"}, false},
		"both":         {dpop.New(), bound, true},
		"plain tokens": {dpop.New(), auth.Token{AccessToken: "a"}, true},
	} {
		var log strings.Builder
		session, err := auth.New(auth.Config{
			BaseURL: "https://api.example.com", Prover: test.prover,
			Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		})
		if err != nil {
			t.Fatal(err)
		}
		err = session.Login(t.Context(), test.token)
		if (err == nil) != test.ok || err != nil && !strings.Contains(err.Error(), "cannot prove") {
			t.Errorf("%s: got %v", name, err)
		}
		if hinted := strings.Contains(log.String(), "Key.Bind"); hinted == test.ok {
			t.Errorf("%s: the programmer is told %q", name, log.String())
		}
	}
}

// TestKey: it reads back as the same, and shows nothing.
func TestKey(t *testing.T) {
	t.Parallel()
	key, err := dpop.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	bound, err := key.Bind(auth.Token{AccessToken: "a"})
	if err != nil {
		t.Fatal(err)
	}
	again, err := dpop.ParseKey(bound.ProofKey)
	if err != nil || again.Thumbprint() != key.Thumbprint() || len(key.Thumbprint()) != 43 {
		t.Errorf("got %v, %v", again, err)
	}
	if _, err := dpop.ParseKey([]byte("x")); err == nil || !strings.Contains(err.Error(), "log in again") {
		t.Errorf("got %v", err)
	}
	p := dpop.New()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://a.example", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Prove(r, bound.ProofKey, "a"); err != nil || strings.Count(r.Header.Get("DPoP"), ".") != 2 {
		t.Errorf("got %q, %v", r.Header.Get("DPoP"), err)
	}
	if err := p.Prove(r, []byte("x"), "a"); err == nil {
		t.Error("want an error")
	}
	text, err := json.Marshal([]any{key, p, bound})
	for _, shown := range []string{fmt.Sprintf("%v %+v %#v %s %d", key, key, key, key, key), fmt.Sprintf("%#v %+v", p, p), string(text)} {
		for _, secret := range []string{string(bound.ProofKey), "PrivateKey", "0x30"} {
			if strings.Contains(shown, secret) || err != nil {
				t.Errorf("%q shows a key, %v", shown, err)
			}
		}
	}
}

// TestZeroValue: a Prover needs no constructor.
func TestZeroValue(t *testing.T) {
	t.Parallel()
	var p dpop.Prover
	key, err := p.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	r := &http.Request{URL: &url.URL{Scheme: "https", Host: "a.example"}, Header: http.Header{}}
	if err := p.Prove(r, key, ""); err != nil {
		t.Error(err)
	}
	if p.Learn(&http.Response{StatusCode: http.StatusUnauthorized}) {
		t.Error("a response without a nonce asks for nothing")
	}
}

// TestLearn: which responses ask to be sent again, and that nonces stay with their origin and are
// bounded.
func TestLearn(t *testing.T) {
	t.Parallel()
	p := dpop.New()
	key, err := p.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	at := func(raw string) *http.Request {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, raw, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for _, test := range []struct {
		status          int
		challenge, body string
		nonce           string
		want            bool
	}{
		{401, `DPoP error="use_dpop_nonce"`, "", "n", true},
		{401, `Bearer error="invalid_token"`, "", "n", false},
		{401, `DPoP error="use_dpop_nonce"`, "", "", false},
		{401, `DPoP error="use_dpop_nonce"`, "", strings.Repeat("n", 2000), false},
		{401, "", `{"error":"use_dpop_nonce"}`, "n", true},
		{400, "", `{"error":"use_dpop_nonce"}`, "n", true},
		{400, "", `{"error":"invalid_grant"}`, "n", false},
		{200, "", `{"error":"use_dpop_nonce"}`, "n", false},
		{403, "", `{"error":"use_dpop_nonce"}`, "n", false},
	} {
		resp := &http.Response{
			StatusCode: test.status, Request: at("https://a.example/x"), Body: io.NopCloser(strings.NewReader(test.body)),
			Header: http.Header{"Dpop-Nonce": {test.nonce}, "Www-Authenticate": {test.challenge}},
		}
		if got := p.Learn(resp); got != test.want {
			t.Errorf("%+v: got %v", test, got)
		}
		if rest, err := io.ReadAll(resp.Body); err != nil || string(rest) != test.body {
			t.Errorf("%+v: the caller reads %q, %v", test, rest, err)
		}
	}
	claims := func(raw string) map[string]any {
		r := at(raw)
		if err := p.Prove(r, key, "token"); err != nil {
			t.Fatal(err)
		}
		return payload(t, r)
	}
	if c := claims("https://A.example:443/y?q=1#f"); c["nonce"] != "n" || c["htu"] != "https://A.example:443/y" || c["htm"] != "GET" ||
		c["ath"] == nil || c["jti"] == claims("https://a.example/y")["jti"] {
		t.Errorf("got %v", c)
	}
	if c := claims("https://b.example"); c["nonce"] != nil || c["htu"] != "https://b.example/" {
		t.Errorf("got %v", c)
	}
	for n := range 1000 {
		p.Learn(&http.Response{
			StatusCode: http.StatusOK, Request: at(fmt.Sprintf("https://h%d.example", n)), Header: http.Header{"Dpop-Nonce": {"n"}},
		})
	}
}

func payload(t *testing.T, r *http.Request) map[string]any {
	t.Helper()
	parts := strings.Split(r.Header.Get("DPoP"), ".")
	var c map[string]any
	if len(parts) != 3 || json.Unmarshal(decode(t, parts[1]), &c) != nil {
		t.Fatalf("got %q", r.Header.Get("DPoP"))
	}
	if iat, ok := c["iat"].(float64); !ok || time.Since(time.Unix(int64(iat), 0)).Abs() > time.Minute {
		t.Errorf("iat %v", c["iat"])
	}
	return c
}
