package auth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"golang.org/x/oauth2"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/storage"
)

// A program that signs in with golang.org/x/oauth2 hands the token over.
func ExampleFromOAuth2() {
	server := authtest.NewServer(authtest.Config{})
	defer server.Close()
	config := oauth2.Config{ClientID: "cli", Endpoint: oauth2.Endpoint{TokenURL: server.URL + "/oauth/token"}}
	token, err := config.PasswordCredentialsToken(context.Background(), "alice", "wonderland")
	must(err)

	session, err := auth.New(auth.Config{BaseURL: server.URL, Refresher: auth.OAuth2Refresher{Config: &config}})
	must(err)
	must(session.Login(context.Background(), auth.FromOAuth2(token)))
	client := &http.Client{Transport: chain.New(session).Transport(nil)}
	defer client.CloseIdleConnections()
	fmt.Println(status(client, "/me"))
	must(session.Close(context.Background()))
	// Output: 200 OK
}

// The reason says what to tell the user.
func ExampleLoginRequiredError() {
	server := authtest.NewServer(authtest.Config{})
	defer server.Close()
	session, err := auth.New(auth.Config{BaseURL: server.URL, Refresher: auth.JSONRefresher{URL: "/auth/refresh"}})
	must(err)
	signIn(server, session, "alice")
	client := &http.Client{Transport: chain.New(session).Transport(nil)}
	defer client.CloseIdleConnections()

	server.Revoke("alice")
	server.ExpireAccess()
	_, err = client.Get("/me")
	if required, ok := errors.AsType[*auth.LoginRequiredError](err); ok {
		fmt.Println(required.Reason)
	}
	must(session.Close(context.Background()))
	// Output: the server ended the session
}

// robot makes sessions with a password from its configuration, for a server without client
// credentials.
type robot struct {
	auth.Refresher
	login func(ctx context.Context) (auth.Token, error)
}

func (r robot) Mint(ctx context.Context) (auth.Token, error) { return r.login(ctx) }

// A program that acts for itself begins its session with the first request.
func ExampleMinter() {
	server := authtest.NewServer(authtest.Config{})
	defer server.Close()
	session, err := auth.New(auth.Config{BaseURL: server.URL, Refresher: robot{
		Refresher: auth.JSONRefresher{URL: "/auth/refresh"},
		login: func(context.Context) (auth.Token, error) { // a POST to /auth/login, elsewhere
			pair := server.Issue("robot")
			return auth.Token{AccessToken: pair.AccessToken, RefreshToken: pair.RefreshToken}, nil
		},
	}})
	must(err)
	client := &http.Client{Transport: chain.New(session).Transport(nil)}
	defer client.CloseIdleConnections()
	fmt.Println(status(client, "/me"))
	must(session.Close(context.Background()))
	// Output: 200 OK
}

// A server that keeps its refresh tokens in cookies.
func ExamplePlacement() {
	refresher := auth.JSONRefresher{
		URL:              "/auth/refresh",
		SendRefreshToken: auth.InCookie,
		Cookies:          []string{"refresh_token"},
	}
	session, err := auth.New(auth.Config{BaseURL: "https://api.example.com", Refresher: refresher})
	fmt.Println(session, err)
	// Output: auth.Interceptor(default) <nil>
}

// What a server with many users measures.
func ExampleSessions_Counts() {
	server := authtest.NewServer(authtest.Config{})
	defer server.Close()
	sessions, err := auth.NewSessions(auth.SessionsConfig{Session: auth.Config{
		BaseURL: server.URL, Store: storage.NewMemory(), Refresher: auth.JSONRefresher{URL: "/auth/refresh"},
	}})
	must(err)
	for _, user := range []string{"alice", "bob"} {
		p := server.Issue(user)
		must(sessions.Login(context.Background(), user, auth.Token{AccessToken: p.AccessToken, RefreshToken: p.RefreshToken}))
	}
	counts := sessions.Counts()
	fmt.Println(counts.SignedIn, "signed in,", counts.Failing, "failing")
	must(sessions.Close(context.Background()))
	// Output: 2 signed in, 0 failing
}

// A server that reports an expired token with 419 as well.
func ExampleUnauthorized() {
	session, err := auth.New(auth.Config{
		BaseURL: "https://api.example.com",
		ShouldRefresh: func(r *interceptor.Response) bool {
			return auth.Unauthorized(r) || r.StatusCode == 419
		},
	})
	fmt.Println(session, err)
	// Output: auth.Interceptor(default) <nil>
}
