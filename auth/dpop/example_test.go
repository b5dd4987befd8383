package dpop_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"testing"

	"golang.org/x/oauth2"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/auth/dpop"
	"github.com/chatelaine-go/chatelaine/chain"
)

func decode(t *testing.T, s string) []byte {
	t.Helper()
	data, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func must(err error) {
	if err != nil {
		fmt.Println(err)
	}
}

// A session whose tokens are bound to a key, at a server that wants a nonce in every proof.
func Example() {
	server := authtest.NewServer(authtest.Config{DPoP: authtest.DPoPRequired, DPoPNonce: true})
	defer server.Close()
	ctx := context.Background()
	client := &oauth2.Config{ClientID: "cli", Endpoint: oauth2.Endpoint{TokenURL: server.URL + "/oauth/token"}}

	session, err := auth.New(auth.Config{
		BaseURL:   server.URL,
		Refresher: auth.OAuth2Refresher{Config: client},
		Prover:    dpop.New(),
	})
	must(err)
	defer session.Close(ctx)

	key, err := dpop.NewKey()
	must(err)
	login := &http.Client{Transport: key.Transport(nil)}
	token, err := client.PasswordCredentialsToken(context.WithValue(ctx, oauth2.HTTPClient, login), "alice", "wonderland")
	must(err)
	bound, err := key.Bind(auth.FromOAuth2(token))
	must(err)
	must(session.Login(ctx, bound))

	api := &http.Client{Transport: chain.New(session).Transport(nil)}
	server.ExpireAccess()
	resp, err := api.Get("/me")
	must(err)
	must(resp.Body.Close())
	fmt.Println(resp.Status, "after", server.Stats().Rotations, "refresh")
	login.CloseIdleConnections()
	api.CloseIdleConnections()
	// Output: 200 OK after 1 refresh
}
