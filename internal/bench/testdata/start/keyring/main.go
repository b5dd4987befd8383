// Command keyring reads a session whose key is in the encrypted file of 99designs/keyring, behind a
// random key.
package main

import (
	"context"
	"log"
	"os"

	"github.com/go-resty/resty/v2"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

func main() {
	store, err := keyring.Open(context.Background(), keyring.Config{
		Service: "start", Dir: os.Args[1], Backend: "file", RandomKey: true,
		Passphrase: func(string) (string, error) { return "3b0c7f51d29a64e8b7135fd2086c9ae4", nil },
	})
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
