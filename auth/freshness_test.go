package auth_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/chain"
)

// issuer is a Refresher whose tokens last for a while, and the server of the API.
type issuer struct {
	t    *testing.T
	life time.Duration

	mu      sync.Mutex
	expiry  map[string]time.Time // by access token
	renewed []time.Duration      // how long before its expiry a token was refreshed
}

// issue returns a new token.
func (s *issuer) issue(life time.Duration) auth.Token {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.expiry == nil {
		s.expiry = make(map[string]time.Time)
	}
	access := fmt.Sprint("a", len(s.expiry))
	s.expiry[access] = time.Now().Add(life)
	return auth.Token{AccessToken: access, RefreshToken: "r", Expiry: s.expiry[access]}
}

// Refresh takes 20 ms, while which the lifetime of the new token passes.
func (s *issuer) Refresh(_ context.Context, old auth.Token) (auth.Token, error) {
	s.mu.Lock()
	s.renewed = append(s.renewed, time.Until(s.expiry[old.AccessToken]))
	s.mu.Unlock()
	sleep(20 * time.Millisecond)
	return s.issue(s.life), nil
}

// RoundTrip fails the test if the token has expired.
func (s *issuer) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	if expiry, ok := s.expiry[token]; !ok || !time.Now().Before(expiry) {
		s.t.Errorf("%q was sent %v after its expiry", token, time.Since(expiry))
	}
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: r}, nil
}

// client is a client of the server with a session whose first token lasts for a time.
func (s *issuer) client(life time.Duration) (*auth.Interceptor, *http.Client) {
	session, err := auth.New(auth.Config{BaseURL: "https://api.example.com", Refresher: s})
	if err == nil {
		err = session.Login(s.t.Context(), s.issue(life))
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return session, &http.Client{Transport: chain.New(session).Transport(s)}
}

// use sends requests for a time, one per pause.
func (s *issuer) use(client *http.Client, pause, long time.Duration) {
	for begin := time.Now(); time.Since(begin) < long; sleep(pause) {
		req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, "/me", http.NoBody)
		if err != nil {
			s.t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err != nil {
			s.t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
}

// TestFreshness_shortLives: however short its life and however often it is used, no token is sent
// after its expiry, and once the program is old enough, each is refreshed ahead of time.
func TestFreshness_shortLives(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for _, life := range []time.Duration{time.Second, 3 * time.Second, 4 * time.Second, 5 * time.Second, 7 * time.Second} {
		for _, pause := range []time.Duration{7 * ms, 90 * ms, 130 * ms, 990 * ms} {
			t.Run(fmt.Sprint(life, pause), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s := &issuer{t: t, life: life}
					session, client := s.client(life)
					s.use(client, pause, 60*time.Second)
					synctest.Wait()
					if n := len(s.renewed); n < int(60*time.Second/(life+pause))-1 {
						t.Errorf("%d refreshes in a minute", n)
					}
					window := life / 5
					for _, before := range s.renewed[len(s.renewed)/2+2:] { // the program is older than 30 s
						if pause < window/2 && (before < window*8/10-pause || before > window) {
							t.Errorf("refreshed %v before its expiry, the window is %v", before, window)
						}
					}
					if err := session.Close(t.Context()); err != nil {
						t.Error(err)
					}
				})
			})
		}
	}
}

// TestFreshness_replaced: a token that takes the place of one in constant use has a second of its
// own, and Close does not wait for the timer of either.
func TestFreshness_replaced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &issuer{t: t, life: time.Hour}
		session, client := s.client(time.Hour)
		s.use(client, 5*time.Millisecond, 2500*time.Millisecond) // its timer runs
		if err := session.Login(t.Context(), s.issue(300*time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		s.use(client, 5*time.Millisecond, time.Second)
		if len(s.renewed) != 1 {
			t.Errorf("%d refreshes", len(s.renewed))
		}
		s.use(client, 5*time.Millisecond, 2500*time.Millisecond)
		begin := time.Now()
		if err := session.Close(t.Context()); err != nil || time.Since(begin) != 0 {
			t.Errorf("Close took %v: %v", time.Since(begin), err)
		}
	})
}
