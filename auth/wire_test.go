package auth_test

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/chain"
)

// wire answers every request in one way and notes what it carried.
type wire struct {
	mu           sync.Mutex
	urls, tokens []string
	headers      []http.Header
	status       int
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.urls = append(w.urls, r.URL.String())
	w.tokens = append(w.tokens, r.Header.Get("Authorization"))
	w.headers = append(w.headers, r.Header.Clone())
	return &http.Response{
		StatusCode: w.status, Status: http.StatusText(w.status), Header: http.Header{}, Request: r,
		Body: io.NopCloser(strings.NewReader("")),
	}, nil
}

// signedIn is a session without a Refresher, with the token "secret".
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

func clientOver(session *auth.Interceptor, base http.RoundTripper) *http.Client {
	return &http.Client{Transport: chain.New(session).Transport(base)}
}

// carried sends the request and returns the credentials it carried.
func carried(t *testing.T, session *auth.Interceptor, r *http.Request) string {
	t.Helper()
	w := &wire{status: http.StatusOK}
	resp, err := clientOver(session, w).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return w.tokens[0]
}

// request is a GET.
func request(t *testing.T, url string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
