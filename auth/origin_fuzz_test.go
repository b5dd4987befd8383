package auth_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/chain"
)

// FuzzSignedRequest: whatever net/http would dial for a request that carries the token is a
// configured origin. Two of them are plain http, so that a proxy would see the token.
func FuzzSignedRequest(f *testing.F) {
	for _, s := range [][3]string{
		{"https://api.example.com/me", "", ""},
		{"https://apİ.example.com/me", "", ""},
		{"HTTP://LOCALHOST:8080/me", "", ""},
		{"http://api.localhost:8080/me", "", ""},
		{"https://[2001:DB8:0::1]/", "", ""},
		{"https://api.example.com/me", "//evil.example/", ""},
		{"https://api.example.com/me", "https://evil.example/", ""},
		{"https://api.example.com/me", "", "evil.example"},
		{"https://api.example.com@evil.example/", "", ""},
		{"/me", "", ""},
		{"//evil.example/me", "", ""},
	} {
		f.Add(s[0], s[1], s[2])
	}
	configured := []string{"api.example.com:443", "localhost:8080", "[2001:db8::1]:443"}
	session, err := auth.New(auth.Config{
		BaseURL: "https://api.example.com/v1", AllowedOrigins: []string{"http://LocalHost:8080", "https://[2001:db8::1]"},
	})
	if err != nil {
		f.Fatal(err)
	}
	if err := session.Login(f.Context(), auth.Token{AccessToken: "secret"}); err != nil {
		f.Fatal(err)
	}
	signed := 0
	run := func(tb testing.TB, raw, opaque, host string) {
		tb.Helper()
		u, err := url.Parse(raw)
		if err != nil {
			return
		}
		u.Opaque = opaque
		address := make(chan string, 1)
		base := &http.Transport{
			DisableKeepAlives: true,
			DialContext: func(_ context.Context, _, addr string) (net.Conn, error) {
				address <- addr
				return nil, errors.New("not dialed")
			},
		}
		var sent *http.Request
		spy := roundTripFunc(func(r *http.Request) (*http.Response, error) {
			sent = r
			return base.RoundTrip(r)
		})
		r := &http.Request{Method: http.MethodGet, URL: u, Host: host, Header: http.Header{}}
		resp, err := chain.New(session).Transport(spy).RoundTrip(r)
		if err == nil {
			_ = resp.Body.Close()
		}
		if sent == nil || sent.Header.Get("Authorization") == "" {
			return
		}
		signed++
		select {
		case got := <-address:
			if !slices.Contains(configured, got) {
				tb.Errorf("%q, opaque %q, host %q: signed, and dialed %q", raw, opaque, host, got)
			}
		default: // net/http refused to send it
		}
	}
	run(f, "/me", "", "")
	run(f, "HTTP://LOCALHOST:8080/me", "", "")
	run(f, "https://apİ.example.com/me", "", "")
	if signed != 2 {
		f.Errorf("%d of the seeds are signed, want 2", signed)
	}
	f.Fuzz(func(t *testing.T, raw, opaque, host string) { run(t, raw, opaque, host) })
}

type roundTripFunc func(*http.Request) (*http.Response, error)

// RoundTrip calls f.
func (f roundTripFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
