package auth_test

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

// TestRule08_NeverToStrangers: which URL sees the token, and which does not.
func TestRule08_NeverToStrangers(t *testing.T) {
	t.Parallel()
	session := signedIn(t, auth.Config{
		BaseURL: "https://api.example.com/v1", AllowedOrigins: []string{"https://files.example.com:8443", "https://[2001:db8::1]"},
	})
	for target, want := range map[string]bool{
		"/me":                                     true,
		"me":                                      true,
		"https://api.example.com/v1/me":           true,
		"https://api.example.com:443/me":          true,
		"https://api.example.com:/me":             true,
		"HTTPS://API.EXAMPLE.COM/me":              true,
		"https://files.example.com:8443/x":        true,
		"https://[2001:db8::1]/x":                 true,
		"https://[2001:DB8::1]:443/x":             true,
		"https://files.example.com/x":             false,
		"http://api.example.com/me":               false,
		"http://api.example.com:443/me":           false,
		"https://api.example.com:80/me":           false,
		"https://api.example.com:8443/me":         false,
		"https://api.example.com:0443/me":         false,
		"https://api.example.com./me":             false,
		"https://example.com/me":                  false,
		"https://evil.api.example.com/me":         false,
		"https://api.example.com.evil.example/me": false,
		"https://api.example.com@evil.example/me": false,
		"https://evil.example/api.example.com":    false,
		"https://evil.example?api.example.com":    false,
		"https://evil.example#@api.example.com":   false,
		"https://[2001:db8::1]:8443/x":            false,
		"https://[::1]/me":                        false,
		"http://127.0.0.1/me":                     false,
		"//api.example.com/me":                    false,
		"https://[2001:db8:0:0::0:1]/x":           true,
		"https://API.example.COM/me":              true,
		"https://apİ.example.com/me":              false,
		"https://ap%C4%B0.example.com/me":         false,
		"https://api.eẋample.com/me":              false,
		"https://api。example。com/me":              false,
		"https://[2001:db8::1%25eth0]/x":          false,
	} {
		if got := carried(t, session, request(t, target)) == "Bearer secret"; got != want {
			t.Errorf("%s: token sent %v, want %v", target, got, want)
		}
	}
}

// TestRule08_Host: a Host header that leads elsewhere takes the token along with it, so it does not
// get one. Neither does an opaque URL, which tells a proxy another host.
func TestRule08_Host(t *testing.T) {
	t.Parallel()
	session := signedIn(t, auth.Config{BaseURL: "https://api.example.com", AllowedOrigins: []string{"https://b.example.com"}})
	for host, want := range map[string]string{
		"":                    "Bearer secret",
		"api.example.com":     "Bearer secret",
		"API.example.com:443": "Bearer secret",
		"b.example.com":       "Bearer secret",
		"evil.example":        "",
		"api.example.com:8":   "",
	} {
		r := request(t, "/me")
		r.Host = host
		if got := carried(t, session, r); got != want {
			t.Errorf("Host %q: sent %q", host, got)
		}
	}
	for opaque, want := range map[string]string{
		"/a%2Fb": "Bearer secret", "//evil.example/": "", "https://evil.example/": "", "evil.example/": "", "*": "",
	} {
		r := request(t, "https://api.example.com/me")
		r.URL = &url.URL{Scheme: "https", Host: "api.example.com", Opaque: opaque}
		if got := carried(t, session, r); got != want {
			t.Errorf("opaque %q: sent %q", opaque, got)
		}
	}
}

// TestRule08_CallersOwnHeader: an Authorization header that the caller set is never replaced,
// however it is spelled or came about; the 401 it earns is the caller's.
func TestRule08_CallersOwnHeader(t *testing.T) {
	t.Parallel()
	session := signedIn(t, auth.Config{BaseURL: "https://api.example.com"})
	for name, set := range map[string]func(*http.Request){
		"Set":        func(r *http.Request) { r.Header.Set("Authorization", "Bearer mine") },
		"empty":      func(r *http.Request) { r.Header.Set("Authorization", "") },
		"lower case": func(r *http.Request) { r.Header["authorization"] = []string{"Bearer mine"} },
		"BasicAuth":  func(r *http.Request) { r.SetBasicAuth("me", "mine") },
		"user-info":  func(r *http.Request) { r.URL.User = url.UserPassword("me", "mine") },
	} {
		r := request(t, "https://api.example.com/me")
		set(r)
		w := &wire{status: http.StatusUnauthorized}
		resp, err := clientOver(session, w).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusUnauthorized || len(w.urls) != 1 {
			t.Errorf("%s: got %d, sent %d times", name, resp.StatusCode, len(w.urls))
		}
		for k, v := range w.headers[0] {
			for _, s := range v {
				if s == "Bearer secret" {
					t.Errorf("%s: the token was sent in %s", name, k)
				}
			}
		}
	}
	f := start(t, authtest.Config{})
	r := request(t, "/me")
	r.Header.Set("Authorization", "Bearer mine")
	resp, err := f.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("got %s", resp.Status)
	}
	f.AssertRefreshes(t, 0)
}

// TestRule08_Strangers: a redirect carries the token to no other origin, a request there does not
// either, and a 401 from there is none of ours.
func TestRule08_Strangers(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	foreign := f.Foreign() // the same host, another port
	for _, status := range []int{http.StatusOK, http.StatusUnauthorized} {
		foreign.Answer(status, nil, "")
		f.mustGet(t, "/redirect?to="+foreign.URL+"/steal", status)
		f.mustGet(t, "/redirect?status=307&to="+foreign.URL+"/steal", status)
		f.mustGet(t, foreign.URL+"/steal", status)
	}
	f.AssertNoLeak(t)
	f.AssertRefreshes(t, 0)

	// Back home it is not signed again: the URL is the stranger's choice, and by 307 method and
	// body are as well.
	for _, status := range []int{http.StatusFound, http.StatusTemporaryRedirect} {
		foreign.Redirect(status, f.URL+"/me")
		f.mustGet(t, "/redirect?to="+foreign.URL+"/back", http.StatusUnauthorized)
		f.mustGet(t, foreign.URL+"/first", http.StatusUnauthorized) // the first hop counts
		foreign.Redirect(status, f.URL+"/redirect?to="+f.URL+"/me") // and so do all before the last
		f.mustGet(t, "/redirect?to="+foreign.URL+"/back", http.StatusUnauthorized)
	}
	f.AssertNoLeak(t)
	f.AssertRefreshes(t, 0)

	f.ExpireAccess()
	f.mustGet(t, "/redirect?to="+f.URL+"/me", http.StatusOK) // a redirect at home is refreshed like any request
	f.AssertRefreshes(t, 1)
}

// TestRule08_Downgrade: neither does a redirect from https to http on the same host.
func TestRule08_Downgrade(t *testing.T) {
	t.Parallel()
	s := authtest.NewServer(authtest.Config{})
	t.Cleanup(s.Close)
	secure := httptest.NewTLSServer(s.Handler())
	t.Cleanup(secure.Close)
	base := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: secure.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}}
	t.Cleanup(base.CloseIdleConnections)
	session, err := auth.New(auth.Config{BaseURL: secure.URL, Refresher: auth.JSONRefresher{URL: "/auth/refresh", Transport: base}})
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{Server: s, session: session, client: clientOver(session, base)}
	f.login(t)
	f.mustGet(t, "/me", http.StatusOK)
	f.mustGet(t, "/redirect?to="+s.URL+"/me", http.StatusUnauthorized) // in the clear: it went without
	f.AssertRefreshes(t, 0)
	f.ExpireAccess()
	f.mustGet(t, "/me", http.StatusOK)
	if err := session.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestRule08_StrangersUnauthorized: a 401 of a hop we did not sign begins no refresh and no second
// request.
func TestRule08_StrangersUnauthorized(t *testing.T) {
	t.Parallel()
	refresher := auth.RefreshFunc(func(context.Context, auth.Token) (auth.Token, error) {
		t.Error("a stranger's 401 began a refresh")
		return auth.Token{}, auth.ErrInvalidGrant
	})
	session := signedIn(t, auth.Config{BaseURL: "https://api.example.com", Refresher: refresher})
	for _, target := range []string{
		"https://evil.example/", "http://api.example.com/", "https://api.example.com:8443/", "https://api.example.com./",
	} {
		w := &wire{status: http.StatusUnauthorized}
		resp, err := chain.New(session).Transport(w).RoundTrip(request(t, target))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if len(w.urls) != 1 || w.tokens[0] != "" {
			t.Errorf("%s: sent %d times, token %q", target, len(w.urls), w.tokens[0])
		}
	}
}

// TestRule08_RetriedElsewhere: an interceptor that sends a call a second time to a stranger gets no
// token for it, and the stranger's 401 is none of ours though the first attempt was signed.
func TestRule08_RetriedElsewhere(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	foreign := f.Foreign()
	foreign.Answer(http.StatusUnauthorized, nil, "")
	elsewhere, err := url.Parse(foreign.URL)
	if err != nil {
		t.Fatal(err)
	}
	failover := interceptor.Funcs{
		Request: func(r *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
			if r.Attempt() > 1 {
				r.URL, r.Host = elsewhere, ""
			}
			return h.Next(r)
		},
		Error: func(e *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
			if e.Request.Attempt() == 1 {
				return h.Retry(0)
			}
			return h.Next(e)
		},
	}
	f.client = &http.Client{Transport: chain.New(failover, f.session).Transport(f.Transport())}
	f.FailAPI(1, http.StatusServiceUnavailable, nil, "")
	f.mustGet(t, "/me", http.StatusUnauthorized)
	f.AssertNoLeak(t)
	f.AssertRefreshes(t, 0)
}

// TestWithoutAuth sends as if nobody were signed in.
func TestWithoutAuth(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	status, _, err := f.get(auth.WithoutAuth(t.Context()), "/me")
	if err != nil || status != http.StatusUnauthorized {
		t.Errorf("got %d, %v", status, err)
	}
	f.AssertRefreshes(t, 0)
}

// TestSetCredential puts the token where the server wants it.
func TestSetCredential(t *testing.T) {
	t.Parallel()
	w := &wire{status: http.StatusOK}
	session := signedIn(t, auth.Config{BaseURL: "https://api.example.com", SetCredential: func(r *http.Request, tok auth.Token) error {
		r.Header.Set("X-Token", tok.AccessToken)
		return nil
	}})
	f := &fixture{client: clientOver(session, w)}
	f.mustGet(t, "/me", http.StatusOK)
	f.mustGet(t, "https://evil.example/", http.StatusOK)
	if w.headers[0].Get("X-Token") != "secret" || w.tokens[0] != "" || w.headers[1].Get("X-Token") != "" {
		t.Errorf("headers %v", w.headers)
	}
}

// TestTokenType is the scheme of the Authorization header.
func TestTokenType(t *testing.T) {
	t.Parallel()
	for tokenType, want := range map[string]string{
		"": "Bearer", "bearer": "Bearer", "BEARER": "Bearer", "JWT": "JWT", "two words": "Bearer", "x\r\nY: z": "Bearer",
	} {
		session, err := auth.New(auth.Config{BaseURL: "https://api.example.com"})
		if err != nil {
			t.Fatal(err)
		}
		if err := session.Login(t.Context(), auth.Token{AccessToken: "secret", TokenType: tokenType}); err != nil {
			t.Fatal(err)
		}
		if got := carried(t, session, request(t, "/me")); got != want+" secret" {
			t.Errorf("%q: got %q", tokenType, got)
		}
	}
}
