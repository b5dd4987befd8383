package guides_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-resty/resty/v2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor/redact"
)

// whoami is a tool of an agent. What it returns goes to a model, so it holds no secret, and says
// what to do when nothing more can be done without a person.
func whoami(ctx context.Context, client *resty.Client) string {
	var r *redact.Redactor
	resp, err := client.R().SetContext(ctx).Get("/me")
	switch {
	case errors.Is(err, auth.ErrLoginRequired):
		return "The user has to sign in: ask them to run `myprogram login`. Do not retry before."
	case errors.Is(err, auth.ErrRefreshFailed):
		return "The server cannot be reached now; the session is kept. Retry later."
	case err != nil:
		return "The call failed: " + r.Text(err.Error())
	}
	return resp.Header().Get("Content-Type") + " " + resp.Status()
}

func Example_agent() {
	server := authtest.NewServer(authtest.Config{})
	defer server.Close()
	ctx := context.Background()
	session, err := auth.New(auth.Config{
		BaseURL:      server.URL,
		Refresher:    auth.JSONRefresher{URL: "/auth/refresh"},
		RequireLogin: true,
	})
	must(err)
	defer session.Close(ctx)
	client := resty.New()
	must(chain.New(session).Install(client))

	fmt.Println(whoami(ctx, client))
	pair := server.Issue("alice")
	must(session.Login(ctx, auth.Token{AccessToken: pair.AccessToken, RefreshToken: pair.RefreshToken}))
	fmt.Println(whoami(ctx, client))
	// Output:
	// The user has to sign in: ask them to run `myprogram login`. Do not retry before.
	// application/json 200 OK
}

func Example_agentOnItsOwn() {
	server := authtest.NewServer(authtest.Config{Clients: authtest.Secrets{"nightly-report": "s3cret"}})
	defer server.Close()
	ctx := context.Background()

	session, err := auth.New(auth.Config{
		BaseURL: server.URL,
		Refresher: auth.ClientCredentials{Config: clientcredentials.Config{
			ClientID: "nightly-report", ClientSecret: "s3cret", TokenURL: "/oauth/token",
		}},
	})
	must(err)
	defer session.Close(ctx)
	client := resty.New()
	must(chain.New(session).Install(client))
	resp, err := client.R().Get("/me")
	must(err)
	fmt.Println(resp.Status())
	// Output: 200 OK
}
