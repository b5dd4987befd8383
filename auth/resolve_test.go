package auth_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/chain"
)

// TestBaseURL_resolves: how relative requests are joined.
func TestBaseURL_resolves(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ base, path, want string }{
		{"https://a.example", "/me", "https://a.example/me"},
		{"https://a.example", "me", "https://a.example/me"},
		{"https://a.example", "", "https://a.example"},
		{"https://a.example/", "/me", "https://a.example/me"},
		{"https://a.example/", "?q=1", "https://a.example/?q=1"},
		{"https://a.example/v1", "/me?q=1", "https://a.example/v1/me?q=1"},
		{"https://a.example/v1/", "me", "https://a.example/v1/me"},
		{"https://a.example/v1", "", "https://a.example/v1"},
		{"https://a.example/v1", "/a%2Fb", "https://a.example/v1/a%2Fb"},
		{"https://a.example", "/a%2Fb", "https://a.example/a%2Fb"},
		{"https://a.example/x%2Fy", "/me", "https://a.example/x%2Fy/me"},
		{"https://a.example/v1", "https://a.example/me", "https://a.example/me"},
	} {
		w := &wire{status: http.StatusOK}
		client := chain.New(signedIn(t, auth.Config{BaseURL: test.base})).Transport(w)
		resp, err := client.RoundTrip(request(t, test.path))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if w.urls[0] != test.want || w.tokens[0] != "Bearer secret" {
			t.Errorf("%s + %s: got %s, %q, want %s", test.base, test.path, w.urls[0], w.tokens[0], test.want)
		}
	}
}

// TestBaseURL_redirect: the Location of a redirect is relative to the URL that was asked, not to
// the base URL, though net/http knows the former only as it was given.
func TestBaseURL_redirect(t *testing.T) {
	t.Parallel()
	for location, want := range map[string]string{
		"/v2/other?q=1": "/v2/other?q=1",
		"other":         "/v1/other",
		"../up":         "/up",
		"?page=2":       "/v1/me?page=2",
	} {
		var seen []string
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			seen = append(seen, r.URL.String()+" "+r.Header.Get("Authorization"))
			if len(seen) == 1 {
				w.Header().Set("Location", location)
				w.WriteHeader(http.StatusFound)
			}
		}))
		t.Cleanup(server.Close)
		f := &fixture{client: clientOver(signedIn(t, auth.Config{BaseURL: server.URL + "/v1"}), transport(t))}
		f.mustGet(t, "/me", http.StatusOK)
		if len(seen) != 2 || seen[1] != want+" Bearer secret" {
			t.Errorf("%s: %v", location, seen)
		}
	}
}

// TestNoBaseURL: without one requests have to be absolute; a request without a URL is none of ours.
func TestNoBaseURL(t *testing.T) {
	t.Parallel()
	session := signedIn(t, auth.Config{AllowedOrigins: []string{"https://a.example"}})
	if got := carried(t, session, request(t, "https://a.example/x")); got != "Bearer secret" {
		t.Errorf("got %q", got)
	}
	if got := carried(t, session, request(t, "/x")); got != "" {
		t.Errorf("got %q", got)
	}
	if got := session.BaseURL(); got != "" {
		t.Errorf("got %q", got)
	}
	r := request(t, "https://a.example/x")
	r.URL = nil
	resp, err := chain.New(session).Transport(transport(t)).RoundTrip(r)
	if err == nil {
		_ = resp.Body.Close()
		t.Error("want an error")
	}
}
