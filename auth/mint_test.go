package auth_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/storage"
)

// mintServer is an API and a token endpoint for clients without users, in memory.
type mintServer struct {
	mu      sync.Mutex
	form    url.Values // of the last request
	basic   string
	mints   int
	refused int    // API calls without the newest token
	fail    string // an error code instead of a token
}

// RoundTrip serves.
func (s *mintServer) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	status, body := http.StatusOK, "{}"
	switch {
	case r.URL.Path == "/token":
		data, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		s.form, _ = url.ParseQuery(string(data))
		s.basic = r.Header.Get("Authorization")
		s.mints++
		body = fmt.Sprintf(`{"access_token":"t%d","token_type":"N_A","expires_in":60,"issued_token_type":"x"}`, s.mints)
		if s.fail != "" {
			status, body = http.StatusBadRequest, `{"error":"`+s.fail+`"}`
		}
	case r.Header.Get("Authorization") != fmt.Sprintf("Bearer t%d", s.mints):
		status = http.StatusUnauthorized
		s.refused++
	}
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}, nil
}

func (s *mintServer) count() (mints, refused int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mints, s.refused
}

func credentials() clientcredentials.Config {
	return clientcredentials.Config{
		ClientID: "robot", ClientSecret: "hush", TokenURL: "https://api.example.com/token", Scopes: []string{"a", "b"},
		EndpointParams: url.Values{"audience": {"x"}, "grant_type": {"not this"}},
	}
}

// minting makes a client of the server. The transport beneath the chain is also that of the Minter.
func minting(t *testing.T, s *mintServer, store auth.Store, m auth.Refresher) *fixture {
	t.Helper()
	session, err := auth.New(auth.Config{BaseURL: "https://api.example.com", Store: store, Refresher: m})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := session.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return &fixture{session: session, client: &http.Client{Transport: chain.New(session).Transport(s)}}
}

// TestMint: without any Login, one session for all goroutines and all who share the store, and no
// wasted 401; then one for each expiry, and a new one after Logout.
func TestMint(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, store := new(mintServer), storage.NewMemory()
		a := minting(t, s, store, auth.ClientCredentials{Config: credentials()})
		b := minting(t, s, store, auth.ClientCredentials{Config: credentials()})
		storm := func() {
			var wg sync.WaitGroup
			for _, f := range []*fixture{a, b} {
				for range 25 {
					wg.Go(func() { f.mustGet(t, "/me", http.StatusOK) })
				}
			}
			wg.Wait()
		}
		for n := 1; n <= 3; n++ {
			storm()
			if mints, refused := s.count(); mints != n || refused != 0 {
				t.Fatalf("round %d: %d mints, %d refused", n, mints, refused)
			}
			sleep(2 * time.Minute)
		}
		if s.form.Get("grant_type") != "client_credentials" || s.form.Get("scope") != "a b" || s.form.Get("audience") != "x" ||
			!strings.HasPrefix(s.basic, "Basic ") || s.form.Has("client_secret") {
			t.Errorf("sent %v", s.form)
		}
		if err := a.session.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		storm()
		if mints, _ := s.count(); mints != 4 {
			t.Errorf("%d mints after Logout", mints)
		}
		if st, err := b.session.Status(t.Context()); err != nil || !st.SignedIn || !st.Refreshable {
			t.Errorf("got %+v, %v", st, err)
		}
	})
}

// TestMint_token: a session is minted for those who ask for a token, too.
func TestMint_token(t *testing.T) {
	t.Parallel()
	s := new(mintServer)
	f := minting(t, s, nil, auth.ClientCredentials{Config: credentials(), Transport: s})
	got, err := f.session.Token(t.Context())
	if err != nil || got.AccessToken != "t1" || got.Extra["issued_token_type"] != "x" {
		t.Errorf("got %q, %v", got.AccessToken, err)
	}
	fresh := minting(t, new(mintServer), nil, auth.ClientCredentials{Config: credentials()})
	if got, err := fresh.session.Refresh(t.Context()); err != nil || got.AccessToken != "t1" {
		t.Errorf("Refresh: got %q, %v", got.AccessToken, err)
	}
	if src, err := f.session.TokenSource(t.Context()).Token(); err != nil || src.AccessToken != "t1" {
		t.Errorf("got %v", err)
	}
}

// TestMint_fails: one attempt for all, its error, a backoff, and then another attempt.
func TestMint_fails(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]error{"invalid_client": auth.ErrRefreshFailed, "invalid_grant": auth.ErrLoginRequired} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &mintServer{fail: code}
				f := minting(t, s, nil, auth.ClientCredentials{Config: credentials()})
				for range 20 {
					f.mustFail(t, "/me", want)
				}
				if mints, refused := s.count(); mints > 3 || refused != 0 {
					t.Errorf("%d attempts for 20 calls, %d sent unsigned", mints, refused)
				}
				s.mu.Lock()
				s.fail = ""
				s.mu.Unlock()
				sleep(2 * time.Minute)
				f.mustGet(t, "/me", http.StatusOK)
			})
		})
	}
}

// family is a user's own Minter whose sessions have refresh tokens.
type family struct{ mints, refreshes atomic.Int32 }

// Mint makes a session.
func (f *family) Mint(context.Context) (auth.Token, error) {
	n := f.mints.Add(1)
	return auth.Token{AccessToken: fmt.Sprintf("t%d", n), RefreshToken: fmt.Sprintf("r%d", n)}, nil
}

// Refresh refuses.
func (f *family) Refresh(context.Context, auth.Token) (auth.Token, error) {
	f.refreshes.Add(1)
	return auth.Token{}, auth.ErrInvalidGrant
}

// TestMint_dead: a dead refresh token is replaced by a new session under the same lock; no caller
// sees an error.
func TestMint_dead(t *testing.T) {
	t.Parallel()
	m, store := new(family), storage.NewMemory()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer t2" {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	t.Cleanup(s.Close)
	session, err := auth.New(auth.Config{BaseURL: s.URL, Store: store, Refresher: m})
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{session: session, client: clientOver(session, transport(t))}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() { f.mustGet(t, "/me", http.StatusOK) })
	}
	wg.Wait()
	if m.mints.Load() != 2 || m.refreshes.Load() != 1 {
		t.Errorf("%d mints, %d refreshes", m.mints.Load(), m.refreshes.Load())
	}
	if got := stored(t, store); strings.Contains(got, `"r1"`) || !strings.Contains(got, `"r2"`) {
		t.Error("the dead refresh token is still stored")
	}
	if err := session.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := session.Token(t.Context()); err != nil {
		t.Errorf("after Close: %v", err)
	}
}

// TestMint_panics: a panic is an error, and blocks no other caller.
func TestMint_panics(t *testing.T) {
	t.Parallel()
	f := minting(t, new(mintServer), nil, panicking{})
	for range 2 {
		f.mustFail(t, "/me", auth.ErrRefreshFailed)
	}
}

type panicking struct{ auth.RefreshFunc }

// Mint panics.
func (panicking) Mint(context.Context) (auth.Token, error) {
	panic("boom")
}

// TestTokenExchange is RFC 8693, with a subject token from a file.
func TestTokenExchange(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte("subject\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := new(mintServer)
	x := auth.TokenExchange{
		URL: "/token", SubjectToken: auth.AssertionFile(path), Params: url.Values{"audience": {"api"}},
		ClientID: "c", ClientSecret: "hush", AuthStyle: oauth2.AuthStyleInParams,
	}
	f := minting(t, s, nil, x)
	f.mustGet(t, "/me", http.StatusOK)
	want := url.Values{
		"grant_type":    {"urn:ietf:params:oauth:grant-type:token-exchange"},
		"subject_token": {"subject"}, "subject_token_type": {"urn:ietf:params:oauth:token-type:jwt"}, "audience": {"api"},
		"client_id": {"c"}, "client_secret": {"hush"},
	}
	if s.form.Encode() != want.Encode() {
		t.Errorf("sent %v", s.form)
	}
	if _, err := auth.New(auth.Config{BaseURL: "https://a.example", Refresher: auth.TokenExchange{}}); err == nil ||
		!strings.Contains(err.Error(), "SubjectToken") || !strings.Contains(err.Error(), "TokenExchange.URL") {
		t.Errorf("got %v", err)
	}
	if _, err := (auth.TokenExchange{}).Mint(t.Context()); !errors.Is(err, auth.ErrRefreshFailed) {
		t.Errorf("got %v", err)
	}
}

// TestAssertionFile refuses a file that does not hold a token.
func TestAssertionFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, content := range map[string]string{"empty": "\n", "words": "two words", "long": strings.Repeat("a", 70<<10)} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := auth.AssertionFile(path)(t.Context(), ""); err == nil {
			t.Errorf("%s: got %d bytes", name, len(got))
		}
	}
	for _, path := range []string{dir, filepath.Join(dir, "absent")} {
		if _, err := auth.AssertionFile(path)(t.Context(), ""); err == nil {
			t.Errorf("%s: want an error", path)
		}
	}
}

// TestClientAssertion authenticates at the token endpoint and at the revocation, in place of a
// secret.
func TestClientAssertion(t *testing.T) {
	t.Parallel()
	e := answer(t, http.StatusOK, "application/json", `{"access_token":"a"}`)
	var audiences []string
	assertion := func(_ context.Context, audience string) (string, error) {
		audiences = append(audiences, audience)
		return "signed", nil
	}
	r := auth.OAuth2Refresher{Config: oauthConfig(e), ClientAssertion: assertion, Params: url.Values{"resource": {"https://r"}}}
	if _, err := bound(t, r).Refresh(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	got, err := url.ParseQuery(e.body)
	if err != nil || got.Get("client_assertion") != "signed" || got.Get("client_id") != "cli" || got.Get("resource") != "https://r" ||
		got.Get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" {
		t.Errorf("sent %v, %v", got, err)
	}
	rv := auth.OAuth2Revoker{URL: e.URL, ClientID: "cli", ClientAssertion: assertion, Transport: transport(t)}
	if err := rv.Revoke(t.Context(), old); err != nil || !strings.Contains(e.body, "client_assertion=signed") {
		t.Errorf("sent %q, %v", e.body, err)
	}
	if strings.Join(audiences, " ") != e.URL+"/token "+e.URL {
		t.Errorf("audiences %v", audiences)
	}
	r.ClientAssertion = func(context.Context, string) (string, error) { return "", errors.New("no key") }
	if _, err := bound(t, r).Refresh(t.Context(), old); !errors.Is(err, auth.ErrRefreshFailed) || !strings.Contains(err.Error(), "no key") {
		t.Errorf("got %v", err)
	}
	basic := auth.OAuth2Revoker{
		URL: e.URL, ClientID: "cli", ClientSecret: "hush", AuthStyle: oauth2.AuthStyleInParams, Transport: transport(t),
	}
	if err := basic.Revoke(t.Context(), old); err != nil || !strings.Contains(e.body, "client_secret=hush") || e.header.Get("Authorization") != "" {
		t.Errorf("sent %q, %v", e.body, err)
	}
}

// TestJSONRefresher_placements: the refresh token as a Bearer, or in cookies that go to the
// endpoint only.
func TestJSONRefresher_placements(t *testing.T) {
	t.Parallel()
	var sent *http.Request
	var body map[string]any
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		sent, body = r, nil
		_ = json.NewDecoder(r.Body).Decode(&body)
		if r.URL.Path == "/login" || strings.Contains(r.Header.Get("Cookie"), "rt=r1") {
			http.SetCookie(w, &http.Cookie{Name: "rt", Value: "r" + map[bool]string{true: "1", false: "2"}[r.URL.Path == "/login"], HttpOnly: true})
			http.SetCookie(w, &http.Cookie{Name: "other", Value: "x"})
		}
		_, _ = io.WriteString(w, `{"token":"a"}`)
	})
	bearer := auth.JSONRefresher{
		URL: server, Method: http.MethodPut, SendRefreshToken: auth.AsBearer, Fields: map[string]any{"device": 7}, Transport: transport(t),
	}
	if _, err := bearer.Refresh(t.Context(), old); err != nil || sent.Method != http.MethodPut ||
		sent.Header.Get("Authorization") != "Bearer old-refresh" || body["device"] != 7.0 || body["refreshToken"] != nil {
		t.Errorf("sent %s %v %v, %v", sent.Method, sent.Header, body, err)
	}

	cookies := auth.JSONRefresher{
		URL: server, SendRefreshToken: auth.InCookie, Cookies: []string{"rt", "csrf"}, Transport: transport(t),
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server+"/login", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := transport(t).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	first, err := cookies.ParseToken(resp)
	if err := errors.Join(err, resp.Body.Close()); err != nil || first.RefreshToken != "rt=r1" {
		t.Fatalf("got %q, %v", first.RefreshToken, err)
	}
	second, err := cookies.Refresh(t.Context(), first)
	if err != nil || sent.Header.Get("Cookie") != "rt=r1" || second.RefreshToken != "rt=r2" || body["refreshToken"] != nil {
		t.Errorf("sent %v, got %q, %v", sent.Header, second.RefreshToken, err)
	}
	third, err := cookies.Refresh(t.Context(), second)
	if err != nil || third.RefreshToken != "" { // kept
		t.Errorf("got %q, %v", third.RefreshToken, err)
	}
	if _, err := auth.New(auth.Config{BaseURL: server, Refresher: auth.JSONRefresher{URL: "/", SendRefreshToken: auth.InCookie}}); err == nil {
		t.Error("no name of a cookie: want an error")
	}
	revoker := auth.JSONRevoker{URL: server + "/logout", Method: http.MethodDelete, Transport: transport(t)}
	if err := revoker.Revoke(t.Context(), old); err != nil || sent.Method != http.MethodDelete ||
		sent.Header.Get("Authorization") != "Bearer old-access" || body["refreshToken"] != "old-refresh" {
		t.Errorf("sent %v %v, %v", sent.Header, body, err)
	}
	bad := answer(t, http.StatusForbidden, "", "")
	if err := (auth.JSONRevoker{URL: bad.URL, Transport: transport(t)}).Revoke(t.Context(), old); err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("got %v", err)
	}
}

// TestTransportBeneath: without a Transport of their own, refreshers and revokers use that of the
// client, the first one.
func TestTransportBeneath(t *testing.T) {
	t.Parallel()
	var paths []string
	beneath := roundTripFunc(func(r *http.Request) (*http.Response, error) {
		paths = append(paths, r.URL.String())
		status, body := http.StatusOK, `{"access_token":"new"}`
		if r.Header.Get("Authorization") == "Bearer old-access" && r.URL.Path == "/me" {
			status = http.StatusUnauthorized
		}
		return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	})
	session, err := auth.New(auth.Config{
		BaseURL: "https://api.example.com/v1", Refresher: auth.JSONRefresher{URL: "/refresh"},
		Revoke: auth.JSONRevoker{URL: "/logout"}.Revoke,
	})
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: chain.New(session).Transport(beneath)}
	chain.New(session).Transport(roundTripFunc(func(*http.Request) (*http.Response, error) {
		t.Error("the second transport is used")
		return nil, errors.New("no")
	}))
	if err := session.Login(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	resp, err := client.Get("https://api.example.com/me")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if err := errors.Join(session.Logout(t.Context()), session.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
	want := "https://api.example.com/me https://api.example.com/v1/refresh https://api.example.com/me https://api.example.com/v1/logout"
	if got := strings.Join(paths, " "); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// buryingStore keeps why a session ended, as stores shared by machines do.
type buryingStore struct{ *storage.Memory }

// Tombstones asks for them.
func (buryingStore) Tombstones() bool { return true }

// TestMint_tombstone: where the store keeps a tombstone of the last session, there is none.
func TestMint_tombstone(t *testing.T) {
	t.Parallel()
	s, store := new(mintServer), buryingStore{storage.NewMemory()}
	f := minting(t, s, store, auth.ClientCredentials{Config: credentials()})
	f.mustGet(t, "/me", http.StatusOK)
	if err := f.session.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	if data, err := store.Load(t.Context(), "default"); err != nil || !strings.Contains(string(data), "ended") {
		t.Fatalf("there is no tombstone: %v", err)
	}
	f.mustGet(t, "/me", http.StatusOK)
	other := minting(t, s, store, auth.ClientCredentials{Config: credentials()})
	other.mustGet(t, "/me", http.StatusOK)
	if mints, refused := s.count(); mints != 2 || refused != 0 {
		t.Errorf("%d mints, %d refused", mints, refused)
	}
}
