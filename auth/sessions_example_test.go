package auth_test

import (
	"context"
	"fmt"

	"github.com/go-resty/resty/v2"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/chain"
)

// A server that acts for many users: the account is in the context of each request.
func ExampleSessions() {
	api := authtest.NewServer(authtest.Config{})
	defer api.Close()
	sessions, err := auth.NewSessions(auth.SessionsConfig{Session: auth.Config{
		BaseURL:   api.URL,
		Refresher: auth.JSONRefresher{URL: "/auth/refresh"},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	defer func() { _ = sessions.Close(ctx) }()
	for _, account := range []string{"alice", "bob"} {
		if err := sessions.Login(ctx, account, token(api.Issue(account))); err != nil {
			fmt.Println(err)
		}
	}
	client := resty.New()
	if err := chain.New(sessions).Install(client); err != nil {
		fmt.Println(err)
		return
	}

	for _, account := range []string{"bob", "alice"} {
		var me authtest.User
		_, err := client.R().SetContext(auth.WithAccount(ctx, account)).SetResult(&me).Get("/me")
		fmt.Println(me.Username, err)
	}
	_, err = client.R().Get("/me")
	fmt.Println("error:", err != nil)
	fmt.Printf("%+v\n", sessions.Counts())
	// Output:
	// bob <nil>
	// alice <nil>
	// error: true
	// {InUse:0 Idle:2 SignedIn:2 SignedOut:0 Unread:0 Refreshing:0 Failing:0 Unsaved:0}
}
