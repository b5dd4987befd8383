// First is the program that the README begins with.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"

	"github.com/go-resty/resty/v2"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

var api = "https://api.example.com"

func main() {
	var user, password string
	if len(os.Args) == 3 && os.Args[1] == "login" {
		user = os.Args[2]
		fmt.Print("password: ") // golang.org/x/term reads it without showing it
		fmt.Scanln(&password)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, user, password)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, user, password string) error {
	store, err := keyring.Open(ctx, keyring.Config{Service: "myprogram"})
	if err != nil {
		return err
	}
	defer store.Close()
	session, err := auth.New(auth.Config{
		BaseURL:   api,
		Store:     store,
		Refresher: auth.JSONRefresher{URL: "/auth/refresh"},
	})
	if err != nil {
		return err
	}
	defer session.Close(context.WithoutCancel(ctx))
	client := resty.New()
	if err := chain.New(session).Install(client); err != nil {
		return err
	}

	if user != "" {
		return login(ctx, client, session, user, password)
	}
	resp, err := client.R().SetContext(ctx).Get("/me")
	if errors.Is(err, auth.ErrLoginRequired) {
		return fmt.Errorf("%w: run myprogram login USER", err)
	}
	if err != nil {
		return err
	}
	fmt.Println(resp)
	return nil
}

func login(ctx context.Context, c *resty.Client, s *auth.Interceptor, user, password string) error {
	resp, err := c.R().SetContext(auth.WithoutAuth(ctx)).SetDoNotParseResponse(true).
		SetBody(map[string]string{"username": user, "password": password}).Post("/auth/login")
	if err != nil {
		return err
	}
	defer resp.RawBody().Close()
	token, err := auth.ParseToken(resp.RawResponse)
	if err != nil {
		return err
	}
	return s.Login(ctx, token)
}
