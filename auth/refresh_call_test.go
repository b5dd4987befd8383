package auth_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/oauth2"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

// both returns both refreshers for an endpoint.
func both(t *testing.T, url string) map[string]auth.Refresher {
	t.Helper()
	return map[string]auth.Refresher{
		"JSON": auth.JSONRefresher{URL: url, Transport: transport(t)},
		"OAuth2": auth.OAuth2Refresher{
			Config: &oauth2.Config{ClientID: "cli", Endpoint: oauth2.Endpoint{TokenURL: url}}, Transport: transport(t),
		},
	}
}

// TestRule11_AroundTheChain: the refresh passes no interceptor.
func TestRule11_AroundTheChain(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	var seen []string
	spy := interceptor.Funcs{Request: func(r *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
		seen = append(seen, r.URL.Path)
		return h.Next(r)
	}}
	f.client = &http.Client{Transport: chain.New(spy, f.session).Transport(f.Transport())}
	f.ExpireAccess()
	f.mustGet(t, "/me", http.StatusOK)
	if got := strings.Join(seen, " "); got != "/me /me" {
		t.Errorf("the chain saw %s", got)
	}
}

// TestRule11_Once: it is sent once, over a connection that is cut and whatever the client's secret
// is.
func TestRule11_Once(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if calls.Add(1) == 1 {
			_, _ = io.WriteString(w, `{"access_token":"a"}`) // so that the connection is kept alive
			return
		}
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_ = conn.Close()
	}))
	t.Cleanup(server.Close)
	base := &http.Transport{}
	t.Cleanup(base.CloseIdleConnections)
	for name, r := range map[string]auth.Refresher{
		"JSON": auth.JSONRefresher{URL: server.URL, Transport: base, Header: http.Header{"Idempotency-Key": {"x"}}},
		"OAuth2": auth.OAuth2Refresher{
			Config: &oauth2.Config{ClientID: "cli", ClientSecret: "s", Endpoint: oauth2.Endpoint{TokenURL: server.URL}}, Transport: base,
		},
	} {
		calls.Store(0)
		if _, err := r.Refresh(t.Context(), old); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := r.Refresh(t.Context(), old); err == nil || calls.Load() != 2 {
			t.Errorf("%s: %d calls, %v", name, calls.Load()-1, err)
		}
	}
}

// TestRule11_TokenEndpointRedirect is not followed: the refresh token stays where it belongs.
func TestRule11_TokenEndpointRedirect(t *testing.T) {
	t.Parallel()
	for _, change := range []func(*auth.Config){func(*auth.Config) {}, byOAuth} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			f := start(t, authtest.Config{}, change)
			if err := f.Reconfigure(func(c *authtest.Config) { c.TokenRedirect, c.RedirectStatus = f.Foreign().URL, status }); err != nil {
				t.Fatal(err)
			}
			f.ExpireAccess()
			f.mustFail(t, "/me", auth.ErrRefreshFailed)
			f.AssertNoLeak(t)
			if n := f.Stats().ForeignRequests; n != 0 {
				t.Errorf("%d: %d requests went elsewhere", status, n)
			}
		}
	}
}

// TestRule11_Limit: an answer that does not end is not read to its end.
func TestRule11_Limit(t *testing.T) {
	t.Parallel()
	e := answer(t, http.StatusOK, "application/json", `{"access_token":"`+strings.Repeat("a", 2<<20)+`"}`)
	for name, r := range both(t, e.URL) {
		_, err := r.Refresh(t.Context(), old)
		if err == nil || !strings.Contains(err.Error(), "1 MiB") || len(err.Error()) > 200 {
			t.Errorf("%s: got %.300v", name, err)
		}
	}
}

// TestRule11_Unbound: a refresher that no Config has checked does not send in the clear either.
func TestRule11_Unbound(t *testing.T) {
	t.Parallel()
	for name, r := range both(t, "http://id.example/token") {
		if _, err := r.Refresh(t.Context(), old); err == nil || !strings.Contains(err.Error(), "insecure transport") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := (auth.OAuth2Refresher{}).Refresh(t.Context(), old); err == nil {
		t.Error("want an error")
	}
	if err := (auth.OAuth2Revoker{URL: "http://id.example/revoke"}).Revoke(t.Context(), old); err == nil ||
		!strings.Contains(err.Error(), "insecure transport") {
		t.Errorf("got %v", err)
	}
}
