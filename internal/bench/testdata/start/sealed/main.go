// Command sealed reads a session from a sealed file whose key is derived from nothing.
package main

import (
	"bytes"
	"context"
	"log"
	"os"

	"github.com/go-resty/resty/v2"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/storage"
)

type key struct{}

func (key) LoadKey(context.Context) ([]byte, error) {
	return bytes.Repeat([]byte{'k'}, storage.KeySize), nil
}

func (k key) CreateKey(ctx context.Context) ([]byte, error) { return k.LoadKey(ctx) }

func main() {
	store, err := storage.OpenSealed(storage.SealedConfig{Service: "start", Dir: os.Args[1], Key: key{}})
	if err != nil {
		log.Fatal(err)
	}
	use(store)
}

func use(store auth.Store) {
	ctx := context.Background()
	session, err := auth.New(auth.Config{BaseURL: "https://api.example.com", Store: store, Refresher: auth.JSONRefresher{URL: "/refresh"}})
	if err != nil {
		log.Fatal(err)
	}
	if err := chain.New(session).Install(resty.New()); err != nil {
		log.Fatal(err)
	}
	if len(os.Args) > 2 { // the first start
		if err := session.Login(ctx, auth.Token{AccessToken: "access", RefreshToken: "refresh"}); err != nil {
			log.Fatal(err)
		}
	}
	if st, err := session.Status(ctx); err != nil || !st.SignedIn {
		log.Fatal(st, err)
	}
	if err := session.Close(ctx); err != nil {
		log.Fatal(err)
	}
}
