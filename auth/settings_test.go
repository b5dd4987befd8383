package auth_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/go-resty/resty/v2"
	"github.com/jarcoal/httpmock"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/chain"
)

// rotating refuses a0 at /me, and gives a1 for the refresh token.
func rotating() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/refresh":
			_, _ = io.WriteString(w, `{"access_token":"a1"}`)
		case r.Header.Get("Authorization") != "Bearer a1" && r.URL.Path == "/me":
			w.WriteHeader(http.StatusUnauthorized)
		}
	})
}

// installed returns a client of a session that has a0.
func installed(t *testing.T, url string, client *resty.Client) *auth.Interceptor {
	t.Helper()
	session, err := auth.New(auth.Config{BaseURL: url, Refresher: auth.JSONRefresher{URL: "/refresh"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = session.Close(context.WithoutCancel(t.Context()))
		client.GetClient().CloseIdleConnections()
	})
	if err := session.Login(t.Context(), auth.Token{AccessToken: "a0", RefreshToken: "r0"}); err != nil {
		t.Fatal(err)
	}
	if err := chain.New(session).Install(client); err != nil {
		t.Fatal(err)
	}
	return session
}

func wants(t *testing.T, client *resty.Client, status int) {
	t.Helper()
	if resp, err := client.R().SetContext(t.Context()).Get("/me"); err != nil || resp.StatusCode() != status {
		t.Errorf("got %v, %v", resp.StatusCode(), err)
	}
}

// TestSettings_certificates: the refresh trusts whom the client trusts, and nobody else.
func TestSettings_certificates(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(rotating())
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	client := resty.New().SetTLSClientConfig(&tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12})
	installed(t, server.URL, client)
	wants(t, client, http.StatusOK)
}

// TestSettings_pins: a certificate that the client has not pinned gets no refresh token, also where
// the system would trust it.
func TestSettings_pins(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(rotating())
	t.Cleanup(server.Close)
	pinned := errors.New("not the pinned key")
	var handshakes atomic.Int32
	client := resty.New().SetTLSClientConfig(&tls.Config{
		InsecureSkipVerify: true,
		VerifyConnection: func(tls.ConnectionState) error {
			if handshakes.Add(1) > 1 { // as if another server answered the refresh
				return pinned
			}
			return nil
		},
	}).SetCloseConnection(true)
	session := installed(t, server.URL, client)
	_, err := session.Refresh(t.Context())
	if err != nil {
		t.Fatalf("the first connection: %v", err)
	}
	client.GetClient().CloseIdleConnections()
	if _, err := session.Refresh(t.Context()); !errors.Is(err, auth.ErrRefreshFailed) || !errors.Is(err, pinned) {
		t.Errorf("got %v", err)
	}
}

// TestSettings_proxy: the README's recipe for proxies covers the refresh, also after Install.
func TestSettings_proxy(t *testing.T) {
	t.Parallel()
	var direct, proxied atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { direct.Add(1) }))
	t.Cleanup(server.Close)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		proxied.Add(1)
		rotating().ServeHTTP(w, r)
	}))
	t.Cleanup(proxy.Close)
	client := resty.New()
	installed(t, server.URL, client)
	if err := chain.Configure(client, func(c *resty.Client) { c.SetProxy(proxy.URL) }); err != nil {
		t.Fatal(err)
	}
	wants(t, client, http.StatusOK)
	if direct.Load() != 0 || proxied.Load() != 3 {
		t.Errorf("%d requests through the proxy, %d past it", proxied.Load(), direct.Load())
	}
}

// TestSettings_mock: a mocked client has its refresh mocked as well.
func TestSettings_mock(t *testing.T) {
	t.Parallel()
	mock := httpmock.NewMockTransport()
	mock.RegisterResponder(http.MethodPost, "https://api.example.com/refresh", httpmock.NewStringResponder(200, `{"access_token":"a1"}`))
	mock.RegisterResponder(http.MethodGet, "https://api.example.com/me", func(r *http.Request) (*http.Response, error) {
		if r.Header.Get("Authorization") != "Bearer a1" {
			return httpmock.NewStringResponse(http.StatusUnauthorized, ""), nil
		}
		return httpmock.NewStringResponse(http.StatusOK, "alice"), nil
	})
	client := resty.New().SetTransport(mock)
	installed(t, "https://api.example.com", client)
	wants(t, client, http.StatusOK)
	if n := mock.GetTotalCallCount(); n != 3 {
		t.Errorf("%d calls", n)
	}
}
