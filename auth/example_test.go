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

// must ends an example that does not work.
func must(err error) {
	if err != nil {
		fmt.Println("unexpected:", err)
	}
}

// status says what a GET was answered with.
func status(client *http.Client, url string) string {
	req, err := http.NewRequest(http.MethodGet, url, http.NoBody)
	must(err)
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Sprint("error, login required: ", errors.Is(err, auth.ErrLoginRequired))
	}
	must(resp.Body.Close())
	return resp.Status
}

// signIn begins a session with what the server gave out.
func signIn(server *authtest.Server, session *auth.Interceptor, user string) {
	p := server.Issue(user)
	must(session.Login(context.Background(), auth.Token{AccessToken: p.AccessToken, RefreshToken: p.RefreshToken}))
}

// The session works for plain net/http as well: the chain is a transport.
func Example_netHTTP() {
	server := authtest.NewServer(authtest.Config{})
	defer server.Close()
	session, err := auth.New(auth.Config{BaseURL: server.URL, Refresher: auth.JSONRefresher{URL: "/auth/refresh"}})
	must(err)
	signIn(server, session, "alice")
	client := &http.Client{Transport: chain.New(session).Transport(nil)}
	defer client.CloseIdleConnections()

	server.ExpireAccess()
	fmt.Println(status(client, "/me"), "after", server.Stats().Refreshes, "refresh")
	must(session.Close(context.Background()))
	// Output: 200 OK after 1 refresh
}

// The dialect of the tutorials: 401 {"message":"Invalid JWT"}, POST /auth/refresh
// {"refreshToken":"…"} answered by 201.
func ExampleJSONRefresher() {
	server := authtest.NewServer(authtest.Config{})
	defer server.Close()
	session, err := auth.New(auth.Config{
		BaseURL:       server.URL,
		Refresher:     auth.JSONRefresher{URL: "/auth/refresh"},
		ShouldRefresh: auth.StatusWithMessage(http.StatusUnauthorized, "Invalid JWT"),
	})
	must(err)
	signIn(server, session, "alice")
	client := &http.Client{Transport: chain.New(session).Transport(nil)}
	defer client.CloseIdleConnections()

	server.ExpireAccess()
	fmt.Println(status(client, "/me"))
	must(session.Close(context.Background()))
	// Output: 200 OK
}

// A request that must not carry the token: a health check, a login form.
func ExampleWithoutAuth() {
	server := authtest.NewServer(authtest.Config{})
	defer server.Close()
	session, err := auth.New(auth.Config{BaseURL: server.URL, Refresher: auth.JSONRefresher{URL: "/auth/refresh"}})
	must(err)
	signIn(server, session, "alice")
	client := &http.Client{Transport: chain.New(session).Transport(nil)}
	defer client.CloseIdleConnections()

	req, err := http.NewRequestWithContext(auth.WithoutAuth(context.Background()), http.MethodGet, "/me", http.NoBody)
	must(err)
	resp, err := client.Do(req)
	must(err)
	must(resp.Body.Close())
	fmt.Println(resp.Status)
	must(session.Close(context.Background()))
	// Output: 401 Unauthorized
}

// What a server says about a token, for a predicate of your own.
func ExampleChallenges() {
	h := http.Header{"Www-Authenticate": {`Basic realm="files", Bearer error="invalid_token", error_description="expired, sorry"`}}
	for _, c := range auth.Challenges(h) {
		fmt.Printf("%s %q\n", c.Scheme, c.Params["error_description"])
	}
	// Output:
	// basic ""
	// bearer "expired, sorry"
}

// Status is what a status line shows; it never refreshes and holds no token.
func ExampleInterceptor_Status() {
	server := authtest.NewServer(authtest.Config{})
	defer server.Close()
	session, err := auth.New(auth.Config{BaseURL: server.URL, Refresher: auth.JSONRefresher{URL: "/auth/refresh"}})
	must(err)
	ctx := context.Background()
	for range 2 {
		st, err := session.Status(ctx)
		must(err)
		fmt.Println(st.Account, "signed in:", st.SignedIn)
		signIn(server, session, "alice")
	}
	must(session.Close(ctx))
	// Output:
	// default signed in: false
	// default signed in: true
}

// OAuth 2.0: the refresh_token grant, and revocation at logout.
func ExampleOAuth2Refresher() {
	server := authtest.NewServer(authtest.Config{})
	defer server.Close()
	session, err := auth.New(auth.Config{
		BaseURL:   server.URL,
		Refresher: auth.OAuth2Refresher{Config: &oauth2.Config{ClientID: "cli", Endpoint: oauth2.Endpoint{TokenURL: "/oauth/token"}}},
		Revoke:    auth.OAuth2Revoker{URL: server.URL + "/oauth/revoke", ClientID: "cli"}.Revoke,
	})
	must(err)
	signIn(server, session, "alice")
	client := &http.Client{Transport: chain.New(session).Transport(nil)}
	defer client.CloseIdleConnections()

	server.ExpireAccess()
	fmt.Println(status(client, "/me"))
	must(session.Logout(context.Background()))
	fmt.Println(status(client, "/me"), "and", server.Stats().Sessions, "sessions at the server")
	must(session.Close(context.Background()))
	// Output:
	// 200 OK
	// error, login required: true and 0 sessions at the server
}

// OnEvent is where a program shows its login form again.
func ExampleConfig_onEvent() {
	server := authtest.NewServer(authtest.Config{})
	defer server.Close()
	session, err := auth.New(auth.Config{
		BaseURL:   server.URL,
		Refresher: auth.JSONRefresher{URL: "/auth/refresh"},
		OnEvent: func(e auth.Event) {
			if e.Kind == auth.SignedOut {
				fmt.Println("please log in again:", e.Reason)
			}
		},
	})
	must(err)
	signIn(server, session, "alice")
	client := &http.Client{Transport: chain.New(session).Transport(nil)}
	defer client.CloseIdleConnections()

	server.RevokeAll()
	fmt.Println(status(client, "/me"))
	must(session.Close(context.Background()))
	// Output:
	// please log in again: the server ended the session
	// error, login required: true
}

// Several accounts share a store, each under its own name.
func ExampleConfig_accounts() {
	server := authtest.NewServer(authtest.Config{})
	defer server.Close()
	store := storage.NewMemory()
	for _, account := range []string{"work", "home"} {
		session, err := auth.New(auth.Config{
			BaseURL: server.URL, Store: store, Account: account, Refresher: auth.JSONRefresher{URL: "/auth/refresh"},
		})
		must(err)
		signIn(server, session, account)
		st, err := session.Status(context.Background())
		must(err)
		fmt.Println(st.Account, st.SignedIn)
		must(session.Close(context.Background()))
	}
	// Output:
	// work true
	// home true
}

// A predicate for a server that answers an expired token with 403.
func ExampleStatusIn() {
	server := authtest.NewServer(authtest.Config{ExpiredStatus: http.StatusForbidden})
	defer server.Close()
	session, err := auth.New(auth.Config{
		BaseURL: server.URL, Refresher: auth.JSONRefresher{URL: "/auth/refresh"},
		ShouldRefresh: auth.StatusIn(http.StatusUnauthorized, http.StatusForbidden),
	})
	must(err)
	signIn(server, session, "alice")
	client := &http.Client{Transport: chain.New(session).Transport(nil)}
	defer client.CloseIdleConnections()

	server.ExpireAccess()
	fmt.Println(status(client, "/me"))
	must(session.Close(context.Background()))
	// Output: 200 OK
}

// A Refresher of your own wraps ErrInvalidGrant when, and only when, the refresh token is dead.
func ExampleRefreshFunc() {
	refresh := auth.RefreshFunc(func(_ context.Context, old auth.Token) (auth.Token, error) {
		if old.RefreshToken != "good" {
			return auth.Token{}, fmt.Errorf("our server says no: %w", auth.ErrInvalidGrant)
		}
		return auth.Token{AccessToken: "new"}, nil // the refresh token stays
	})
	session, err := auth.New(auth.Config{BaseURL: "https://api.example.com", Refresher: refresh})
	must(err)
	ctx := context.Background()
	for _, refreshToken := range []string{"good", "spent"} {
		must(session.Login(ctx, auth.Token{AccessToken: "old", RefreshToken: refreshToken}))
		t, err := session.Refresh(ctx)
		fmt.Println(t.AccessToken, errors.Is(err, auth.ErrLoginRequired))
	}
	must(session.Close(ctx))
	// Output:
	// new false
	//  true
}

// TokenSource lends the session to a client that takes an oauth2.TokenSource.
func ExampleInterceptor_TokenSource() {
	server := authtest.NewServer(authtest.Config{})
	defer server.Close()
	session, err := auth.New(auth.Config{BaseURL: server.URL, Refresher: auth.JSONRefresher{URL: "/auth/refresh"}})
	must(err)
	signIn(server, session, "alice")

	thirdParty := &http.Client{Transport: &oauth2.Transport{Source: session.TokenSource(context.Background())}}
	defer http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	fmt.Println(status(thirdParty, server.URL+"/me"))
	must(session.Close(context.Background()))
	// Output: 200 OK
}

// The error carries the kind, the request and the answer.
func ExampleRefreshError() {
	server := authtest.NewServer(authtest.Config{})
	defer server.Close()
	session, err := auth.New(auth.Config{BaseURL: server.URL, Refresher: auth.JSONRefresher{URL: "/auth/refresh"}})
	must(err)
	signIn(server, session, "alice")
	client := &http.Client{Transport: chain.New(session).Transport(nil)}
	defer client.CloseIdleConnections()

	server.ExpireAccess()
	server.FailRefresh(1, http.StatusTooManyRequests, http.Header{"Retry-After": {"30"}}, "")
	req, err := http.NewRequest(http.MethodGet, "/me", http.NoBody)
	must(err)
	_, err = client.Do(req)
	failed, _ := errors.AsType[*auth.RefreshError](err)
	whole, _ := errors.AsType[*interceptor.Error](err)
	fmt.Println(failed.Status, failed.RetryAfter, whole.Response.StatusCode)
	must(session.Close(context.Background()))
	// Output: 429 30s 401
}
