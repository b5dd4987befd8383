package chatelaine_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/go-resty/resty/v2"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/chain"
)

// What every tutorial on interceptors builds by hand: a base URL, the bearer header, a 401
// {"message":"Invalid JWT"}, a refresh answered by 201, the request sent again; and when the
// refresh is refused, the user logged out and the keyring empty.
func Example_tutorial() {
	server := authtest.NewServer(authtest.Config{})
	defer server.Close()
	dir, err := os.MkdirTemp("", "chatelaine")
	must(err)
	defer func() { must(os.RemoveAll(dir)) }()

	ctx := context.Background()
	store, err := openStore(ctx, dir)
	must(err)
	session, err := auth.New(auth.Config{
		BaseURL:       server.URL,
		Store:         store,
		Refresher:     auth.JSONRefresher{URL: "/auth/refresh"},
		ShouldRefresh: auth.StatusWithMessage(401, "Invalid JWT"),
		OnEvent:       func(e auth.Event) { fmt.Println("  event:", e.Kind) },
	})
	must(err)
	defer func() { must(session.Close(ctx)) }()
	client := resty.New()
	must(chain.New(session).Install(client))

	fmt.Println("log in")
	logIn(ctx, server, session)

	fmt.Println("the access token expires")
	server.ExpireAccess()
	resp, err := client.R().SetBody(map[string]string{"hello": "world"}).Post("/echo")
	must(err)
	fmt.Println("  POST /echo:", resp.StatusCode())

	fmt.Println("the server ends the session")
	server.RevokeAll()
	_, err = client.R().Get("/me")
	fmt.Println("  login required:", errors.Is(err, auth.ErrLoginRequired))
	_, err = store.Load(ctx, "default")
	fmt.Println("  keyring empty:", errors.Is(err, fs.ErrNotExist))
	// Output:
	// log in
	//   event: signed in
	// the access token expires
	//   event: token refreshed
	//   POST /echo: 200
	// the server ends the session
	//   event: signed out
	//   login required: true
	//   keyring empty: true
}

// logIn asks the server for a token, as a login form would, and begins the session with it.
func logIn(ctx context.Context, server *authtest.Server, session *auth.Interceptor) {
	var answer struct {
		AccessToken  string `json:"accessToken"`
		RefreshToken string `json:"refreshToken"`
	}
	_, err := resty.New().R().SetResult(&answer).
		SetBody(map[string]string{"username": "alice", "password": "wonderland"}).
		Post(server.URL + "/auth/login")
	must(err)
	must(session.Login(ctx, auth.Token{AccessToken: answer.AccessToken, RefreshToken: answer.RefreshToken}))
}
