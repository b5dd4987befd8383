package main

import (
	"cmp"
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/go-resty/resty/v2"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

// open returns the session of a machine without a desktop: it is sealed with a key in a file, which
// is encrypted with a random key from the environment.
func open() (*auth.Interceptor, *keyring.Store) {
	store, err := keyring.Open(context.Background(), keyring.Config{
		Service: "programs", Dir: os.Getenv("STATE"), Backend: "file",
		Passphrase: keyring.PassphraseEnv("SESSION_KEY"), RandomKey: true,
	})
	if err != nil {
		log.Fatal(err)
	}
	timeout, _ := time.ParseDuration(os.Getenv("REFRESH_TIMEOUT")) // 0: the default
	session, err := auth.New(auth.Config{
		BaseURL: os.Getenv("API"), Store: store, RefreshTimeout: timeout,
		Refresher: auth.JSONRefresher{URL: "/auth/refresh"},
		Revoke:    auth.OAuth2Revoker{URL: os.Getenv("API") + "/oauth/revoke"}.Revoke,
	})
	if err != nil {
		log.Fatal(err)
	}
	return session, store
}

// restyClient returns a client of the session.
func restyClient(session *auth.Interceptor) *resty.Client {
	client := resty.New()
	if err := chain.New(session).Install(client); err != nil {
		log.Fatal(err)
	}
	return client
}

// get prints what became of a request.
func get(ctx context.Context, client *resty.Client) {
	resp, err := client.R().SetContext(ctx).Get("/me")
	report(resp, err)
}

func report(resp *resty.Response, err error) {
	if err != nil {
		fmt.Println("failed:", err)
		return
	}
	fmt.Println("status", resp.StatusCode())
}

// login signs in with a password, as the user that is named.
func login() {
	user := cmp.Or(os.Getenv("USER_NAME"), "alice")
	session, _ := open()
	ctx := auth.WithoutAuth(context.Background())
	resp, err := restyClient(session).R().SetContext(ctx).SetDoNotParseResponse(true).
		SetBody(map[string]string{"username": user, "password": "wonderland"}).Post("/auth/login")
	if err != nil {
		log.Fatal(err)
	}
	defer resp.RawBody().Close()
	token, err := auth.ParseToken(resp.RawResponse)
	if err != nil {
		log.Fatal(err)
	}
	if err := session.Login(ctx, token); err != nil {
		log.Fatal(err)
	}
	fmt.Println("signed in")
}

// logout signs out.
func logout() {
	session, _ := open()
	if err := session.Logout(context.Background()); err != nil {
		log.Fatal(err)
	}
	fmt.Println("signed out")
}
