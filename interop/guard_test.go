package interop_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

// accepts reports whether the identity provider takes the credentials of an Authorization header.
func accepts(t *testing.T, server *authtest.Server, authorization string) bool {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/me", http.NoBody)
	if err != nil {
		t.Error(err)
		return false
	}
	req.Header.Set("Authorization", authorization)
	resp, err := server.Client().Do(req)
	if err != nil {
		return false // the test is over
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// guard starts an API of its own, which asks the identity provider about the token of each request.
func guard(t *testing.T, server *authtest.Server, api http.Handler) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !accepts(t, server, r.Header.Get("Authorization")) {
			w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		api.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// at changes a session's configuration to that of an API which is not the identity provider's.
func at(api string) func(*auth.Config) {
	return func(c *auth.Config) {
		refresher := c.Refresher.(auth.JSONRefresher)
		refresher.URL = c.BaseURL + refresher.URL
		c.Refresher, c.BaseURL = refresher, strings.Replace(api, "ws://", "http://", 1)
	}
}
