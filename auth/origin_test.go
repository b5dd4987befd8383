package auth_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/chain"
)

// wire answers every request and notes what it carried.
type wire struct {
	urls, tokens []string
	status       int
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.urls = append(w.urls, r.URL.String())
	w.tokens = append(w.tokens, r.Header.Get("Authorization"))
	return &http.Response{
		StatusCode: w.status, Status: http.StatusText(w.status), Header: http.Header{}, Request: r,
		Body: io.NopCloser(strings.NewReader("")),
	}, nil
}

// TestRule08_Origins: which URL sees the token, and which does not.
func TestRule08_Origins(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]bool{
		"/me":                                     true,
		"me":                                      true,
		"https://api.example.com/v1/me":           true,
		"https://api.example.com:443/me":          true,
		"HTTPS://API.EXAMPLE.COM/me":              true,
		"https://files.example.com/x":             true,
		"http://api.example.com/me":               false,
		"https://api.example.com:8443/me":         false,
		"https://api.example.com./me":             false,
		"https://example.com/me":                  false,
		"https://evil.api.example.com/me":         false,
		"https://api.example.com.evil.example/me": false,
		"https://api.example.com@evil.example/me": false,
		"https://evil.example/api.example.com":    false,
		"https://[::1]/me":                        false,
		"http://127.0.0.1/me":                     false,
	} {
		w := &wire{status: http.StatusOK}
		session := signedIn(t, auth.Config{
			BaseURL: "https://api.example.com/v1", AllowedOrigins: []string{"https://files.example.com"},
		})
		client := &http.Client{Transport: chain.New(session).Transport(w)}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if got := w.tokens[0] == "Bearer secret"; got != want {
			t.Errorf("%s: token sent %v, want %v", url, got, want)
		}
	}
}

func signedIn(t *testing.T, c auth.Config) *auth.Interceptor {
	t.Helper()
	session, err := auth.New(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Login(t.Context(), auth.Token{AccessToken: "secret", RefreshToken: "refresh"}); err != nil {
		t.Fatal(err)
	}
	return session
}

// TestRule08_Host: a Host header that leads elsewhere takes the token along with it, so it does not get one.
func TestRule08_Host(t *testing.T) {
	t.Parallel()
	w := &wire{status: http.StatusOK}
	client := &http.Client{Transport: chain.New(signedIn(t, auth.Config{BaseURL: "https://api.example.com"})).Transport(w)}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/me", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "evil.example"
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if w.tokens[0] != "" {
		t.Error("the token was sent")
	}
}

// TestBaseURL_resolves: how relative requests are joined.
func TestBaseURL_resolves(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ base, path, want string }{
		{"https://a.example", "/me", "https://a.example/me"},
		{"https://a.example/", "/me", "https://a.example/me"},
		{"https://a.example/v1", "/me?q=1", "https://a.example/v1/me?q=1"},
		{"https://a.example/v1/", "me", "https://a.example/v1/me"},
		{"https://a.example/v1", "", "https://a.example/v1"},
		{"https://a.example/v1", "/a%2Fb", "https://a.example/v1/a%2Fb"},
		{"https://a.example/x%2Fy", "/me", "https://a.example/x%2Fy/me"},
	} {
		w := &wire{status: http.StatusOK}
		client := chain.New(signedIn(t, auth.Config{BaseURL: test.base})).Transport(w)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, test.path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if w.urls[0] != test.want {
			t.Errorf("%s + %s: got %s, want %s", test.base, test.path, w.urls[0], test.want)
		}
	}
}

// TestL_Strangers: no redirect carries the token to another origin, and a 401 from there is none of ours.
func TestL_Strangers(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	foreign := f.Foreign()
	f.mustGet(t, "/redirect?to="+foreign.URL+"/steal", http.StatusOK)
	f.mustGet(t, foreign.URL+"/steal", http.StatusOK)
	f.AssertNoLeak(t)
	f.AssertRefreshes(t, 0)

	w := &wire{status: http.StatusUnauthorized}
	refresher := auth.RefreshFunc(func(context.Context, auth.Token) (auth.Token, error) {
		t.Error("a stranger's 401 began a refresh")
		return auth.Token{}, auth.ErrInvalidGrant
	})
	session := signedIn(t, auth.Config{BaseURL: "https://api.example.com", Refresher: refresher})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://evil.example/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := chain.New(session).Transport(w).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if len(w.urls) != 1 || w.tokens[0] != "" {
		t.Errorf("sent %d times, token %q", len(w.urls), w.tokens[0])
	}
}

// TestS_CallersOwnHeader is never replaced, and its 401 is the caller's.
func TestS_CallersOwnHeader(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/me", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer mine")
	resp, err := f.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("got %s", resp.Status)
	}
	f.AssertRefreshes(t, 0)
}

func TestWithoutAuth(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	status, _, err := f.get(auth.WithoutAuth(t.Context()), "/me")
	if err != nil || status != http.StatusUnauthorized {
		t.Errorf("got %d, %v", status, err)
	}
	f.AssertRefreshes(t, 0)
}

// TestM_TokenEndpointRedirect is not followed: the refresh token stays where it belongs (rule 11).
func TestM_TokenEndpointRedirect(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	if err := f.Reconfigure(func(c *authtest.Config) { c.TokenRedirect = f.Foreign().URL }); err != nil {
		t.Fatal(err)
	}
	f.ExpireAccess()
	f.mustFail(t, "/me", auth.ErrRefreshFailed)
	f.AssertNoLeak(t)
	if n := f.Stats().ForeignRequests; n != 0 {
		t.Errorf("%d requests went elsewhere", n)
	}
}

// TestNew_checksEverything and tells all of it at once.
func TestNew_checksEverything(t *testing.T) {
	t.Parallel()
	_, err := auth.New(auth.Config{
		BaseURL: "ftp://x", AllowedOrigins: []string{"https://a.example/path", "http://b.example", "https://u:p@c.example"},
		RefreshTimeout: -1, RefreshWindow: auth.RefreshWindow{Interval: -1}, Refresher: auth.JSONRefresher{},
	})
	for _, want := range []string{
		"BaseURL must be", "without a path", "use https", "no user", "RefreshTimeout", "Interval", "JSONRefresher.URL",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	if !errors.Is(err, auth.ErrInsecureTransport) {
		t.Errorf("got %v", err)
	}
	if _, err := auth.New(auth.Config{}); err == nil {
		t.Error("want an error: no origin may see the token")
	}
	for _, c := range []auth.Config{
		{BaseURL: "http://api.example.com", InsecureAllowHTTP: true},
		{BaseURL: "http://localhost:8080"},
		{BaseURL: "http://127.0.0.2"},
		{BaseURL: "http://[::1]:80"},
		{AllowedOrigins: []string{"https://a.example/"}},
	} {
		if _, err := auth.New(c); err != nil {
			t.Errorf("%+v: %v", c.BaseURL, err)
		}
	}
}
