package main

import (
	"cmp"
	"context"
	"os"

	"github.com/go-resty/resty/v2"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor/retry"
	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

// app is what every command needs: a client with a session.
type app struct {
	store   *keyring.Store
	session *auth.Interceptor
	client  *resty.Client
}

func open(ctx context.Context, account string) (*app, error) {
	config := keyring.Config{Service: "ticket"}
	if file := os.Getenv("TICKET_PASSPHRASE_FILE"); file != "" { // cron, containers, no desktop
		config.Backend, config.Passphrase = "file", keyring.PassphraseFile(file)
	}
	store, err := keyring.Open(ctx, config)
	if err != nil {
		return nil, err
	}
	session, err := auth.New(auth.Config{
		BaseURL:      cmp.Or(os.Getenv("TICKET_API"), "http://127.0.0.1:8080"),
		Store:        store,
		Account:      account,
		Refresher:    auth.JSONRefresher{URL: "/auth/refresh"},
		RequireLogin: true,
	})
	if err != nil {
		store.Close()
		return nil, err
	}
	again, err := retry.New(retry.Config{})
	if err != nil {
		store.Close()
		return nil, err
	}
	client := resty.New()
	if err := chain.New(again, session).Install(client); err != nil {
		store.Close()
		return nil, err
	}
	return &app{store: store, session: session, client: client}, nil
}

// close waits until the session has saved everything, also after Ctrl-C.
func (a *app) close(ctx context.Context) {
	_ = a.session.Close(context.WithoutCancel(ctx))
	_ = a.store.Close()
}
