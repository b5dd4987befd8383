package interop_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/go-resty/resty/v2"
	"github.com/sony/gobreaker/v2"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/chain"
)

// A circuit breaker beneath the chain: a refused token does not open it, a failing server does, and
// then the caller is told at once. The session outlives the outage.
func Example_circuitBreaker() {
	server := authtest.NewServer(authtest.Config{})
	defer server.Close()
	session, err := auth.New(auth.Config{
		BaseURL:   server.URL,
		Refresher: auth.JSONRefresher{URL: "/auth/refresh", Transport: server.Transport()}, // not behind the breaker
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	guarded := newBreaker(server.Transport())
	client := resty.New().SetTransport(guarded)
	if err := chain.New(session).Install(client); err != nil {
		fmt.Println(err)
		return
	}

	ctx := context.Background()
	pair := server.Issue("alice")
	err = session.Login(ctx, auth.Token{AccessToken: pair.AccessToken, RefreshToken: pair.RefreshToken})
	if err != nil {
		fmt.Println(err)
		return
	}
	server.ExpireAccess()
	for range 2 {
		resp, err := client.R().Get("/me")
		fmt.Println(resp.StatusCode(), err, guarded.State())
		server.FailAPI(-1, http.StatusBadGateway, nil, "")
	}
	_, _ = client.R().Get("/me")
	_, err = client.R().Get("/me")
	status, err2 := session.Status(ctx)
	fmt.Println(errors.Is(err, gobreaker.ErrOpenState), status.SignedIn, err2, session.Close(ctx))
	// Output:
	// 200 <nil> closed
	// 502 <nil> closed
	// true true <nil> <nil>
}
