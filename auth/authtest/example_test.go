package authtest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

// client stands for the client that you test.
type client struct {
	http *http.Client
	base string
	pair authtest.TokenPair
}

// get calls the API and, if the access token has expired, refreshes it and tries again.
func (c *client) get(path string) string {
	for range 2 {
		r, err := http.NewRequest(http.MethodGet, c.base+path, http.NoBody)
		if err != nil {
			return err.Error()
		}
		r.Header.Set("Authorization", "Bearer "+c.pair.AccessToken)
		resp, err := c.http.Do(r)
		if err != nil {
			return err.Error()
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusUnauthorized {
			return resp.Status
		}
		if err := c.refresh(); err != nil {
			return err.Error()
		}
	}
	return "still unauthorized"
}

// refresh exchanges the refresh token.
func (c *client) refresh() error {
	body, err := json.Marshal(map[string]string{"refreshToken": c.pair.RefreshToken})
	if err != nil {
		return err
	}
	resp, err := c.http.Post(c.base+"/auth/refresh", "application/json", strings.NewReader(string(body)))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		return fmt.Errorf("refresh: %s", resp.Status)
	}
	var answer struct {
		AccessToken  string `json:"accessToken"`
		RefreshToken string `json:"refreshToken"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return err
	}
	c.pair.AccessToken, c.pair.RefreshToken = answer.AccessToken, answer.RefreshToken
	return nil
}

// logout revokes the session.
func (c *client) logout() error {
	resp, err := c.http.PostForm(c.base+"/oauth/revoke", url.Values{"token": {c.pair.RefreshToken}})
	if err != nil {
		return err
	}
	c.pair = authtest.TokenPair{}
	return resp.Body.Close()
}

// Test your client's logout: afterwards the session must be gone at the server, not only at the
// client.
func ExampleServer() {
	server := authtest.NewServer(authtest.Config{})
	defer server.Close()
	c := &client{http: server.Client(), base: server.URL, pair: server.Issue("alice")}

	fmt.Println("sessions before:", server.Stats().Sessions)
	if err := c.logout(); err != nil {
		fmt.Println(err)
	}
	fmt.Println("sessions after:", server.Stats().Sessions)
	// Output:
	// sessions before: 1
	// sessions after: 0
}

// Without a socket the server works inside a bubble of testing/synctest, and in the playground.
// See the section Time of the package comment for a test in such a bubble.
func ExampleServer_inMemory() {
	server := authtest.NewServer(authtest.Config{InMemory: true})
	defer server.Close()

	resp, err := server.Client().Get(server.URL + "/public/echo")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	fmt.Println(resp.Status)
	// Output: 200 OK
}

// Test that your client survives an access token that expires.
func ExampleServer_ExpireAccess() {
	server := authtest.NewServer(authtest.Config{})
	defer server.Close()
	c := &client{http: server.Client(), base: server.URL, pair: server.Issue("alice")}

	fmt.Println(c.get("/me"))
	server.ExpireAccess()
	fmt.Println(c.get("/me"))
	fmt.Println("refreshes:", server.Stats().Refreshes)
	// Output:
	// 200 OK
	// 200 OK
	// refreshes: 1
}

// Test what your client does when the session is revoked behind its back.
func ExampleServer_Revoke() {
	server := authtest.NewServer(authtest.Config{})
	defer server.Close()
	c := &client{http: server.Client(), base: server.URL, pair: server.Issue("alice")}

	server.Revoke("alice")
	fmt.Println(c.get("/me"))
	// Output: refresh: 401 Unauthorized
}

// Test that an outage of the identity provider does not cost the session.
func ExampleServer_FailRefresh() {
	server := authtest.NewServer(authtest.Config{})
	defer server.Close()
	c := &client{http: server.Client(), base: server.URL, pair: server.Issue("alice")}

	server.ExpireAccess()
	server.FailRefresh(1, http.StatusServiceUnavailable, http.Header{"Retry-After": {"1"}}, "")
	fmt.Println(c.get("/me"))
	fmt.Println(c.get("/me"))
	// Output:
	// refresh: 503 Service Unavailable
	// 200 OK
}

// Stop a refresh in its tracks, to test what happens in the meantime. No sleep is needed.
func ExampleServer_HoldRefresh() {
	server := authtest.NewServer(authtest.Config{})
	defer server.Close()
	c := &client{http: server.Client(), base: server.URL, pair: server.Issue("alice")}

	server.ExpireAccess()
	release := server.HoldRefresh()
	done := make(chan string)
	go func() { done <- c.get("/me") }()

	arrived := func(s authtest.Stats) bool { return s.Refreshes == 1 }
	if err := server.Wait(context.Background(), arrived); err != nil {
		fmt.Println(err)
	}
	server.RevokeAll() // while the client waits for its new tokens
	release()
	fmt.Println(<-done)
	// Output: refresh: 401 Unauthorized
}

// Test that your client sends its token to no other server. This client fails the test: a redirect to
// another port of the same httpServer takes the header along.
func ExampleServer_Foreign() {
	server := authtest.NewServer(authtest.Config{})
	defer server.Close()
	c := &client{http: server.Client(), base: server.URL, pair: server.Issue("alice")}

	c.get("/redirect?to=" + url.QueryEscape(server.Foreign().URL))
	fmt.Println(server.Foreign().Leaks())
	// Output: [{GET Authorization header}]
}

// Answer as Dex and Supabase do: an expired access token is forbidden, without a challenge.
func ExampleServer_Reconfigure() {
	server := authtest.NewServer(authtest.Config{})
	defer server.Close()

	err := server.Reconfigure(func(c *authtest.Config) {
		c.ExpiredStatus = http.StatusForbidden
		c.OmitChallenge = true
	})
	if err != nil {
		fmt.Println(err)
	}
	c := &client{http: server.Client(), base: server.URL, pair: server.Issue("alice")}
	server.ExpireAccess()
	fmt.Println(c.get("/me"))
	// Output: 403 Forbidden
}

// A test that fails tells what happened.
func ExampleTimeline() {
	server := authtest.NewServer(authtest.Config{InMemory: true})
	defer server.Close()
	c := &client{http: server.Client(), base: server.URL, pair: server.Issue("alice")}
	server.ExpireAccess()
	c.get("/me")

	events := server.Timeline()
	for i := range events {
		fmt.Println(events[i])
	}
	// Output:
	// issue    s1 alice
	// expire   (1 access tokens)
	// deny     GET /me 401 (access token expired, revoked or unknown)
	// refresh  POST /auth/refresh
	// rotate   s1 alice (refresh token #2)
	// api      s1 alice GET /me 200
}
