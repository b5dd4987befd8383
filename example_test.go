package chatelaine_test

import (
	"context"
	"fmt"
	"os"

	"github.com/go-resty/resty/v2"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

// One store fits the other package's idea of it without either importing the other.
var (
	_ auth.Store = (*storage.Memory)(nil)
	_ auth.Store = (*storage.Sealed)(nil)
	_ auth.Store = (*keyring.Store)(nil)
)

// openStore opens an encrypted store in a temporary directory. A program leaves Backend and
// Passphrase out and gets the keyring of the operating system.
func openStore(ctx context.Context, dir string) (*keyring.Store, error) {
	return keyring.Open(ctx, keyring.Config{
		Service: "example", Dir: dir, Backend: "file",
		Passphrase: func(string) (string, error) { return "correct horse battery staple", nil },
	})
}

func must(err error) {
	if err != nil {
		fmt.Println("unexpected:", err)
	}
}

// The whole stack: a session in an encrypted store, put on a resty client.
func Example() {
	server := authtest.NewServer(authtest.Config{})
	defer server.Close()
	dir, err := os.MkdirTemp("", "chatelaine")
	must(err)
	defer func() { must(os.RemoveAll(dir)) }()

	ctx := context.Background()
	store, err := openStore(ctx, dir)
	must(err)
	session, err := auth.New(auth.Config{
		BaseURL:   server.URL,
		Store:     store,
		Refresher: auth.JSONRefresher{URL: "/auth/refresh"},
	})
	must(err)
	defer func() { must(session.Close(ctx)) }()
	client := resty.New()
	must(chain.New(session).Install(client))

	// Once, with what the server answered to the login.
	pair := server.Issue("alice")
	must(session.Login(ctx, auth.Token{AccessToken: pair.AccessToken, RefreshToken: pair.RefreshToken}))

	server.ExpireAccess()
	resp, err := client.R().Get("/me") // 401, refresh, 200
	must(err)
	fmt.Println(resp.StatusCode(), server.Stats().Refreshes, "refresh")
	// Output: 200 1 refresh
}
