package chatelaine_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"

	"github.com/go-resty/resty/v2"
	"github.com/jarcoal/httpmock"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor/idempotency"
	"github.com/chatelaine-go/chatelaine/interceptor/logging"
	"github.com/chatelaine-go/chatelaine/interceptor/requestid"
	"github.com/chatelaine-go/chatelaine/interceptor/retry"
)

// signedIn returns a session of alice, in memory, and what ends it.
func signedIn(ctx context.Context, server *authtest.Server) (session *auth.Interceptor, end func()) {
	session, err := auth.New(auth.Config{BaseURL: server.URL, Refresher: auth.JSONRefresher{URL: "/auth/refresh"}})
	must(err)
	logIn(ctx, server, session)
	return session, func() { must(session.Close(ctx)) }
}

// brief leaves out of the records what differs from run to run.
func brief(_ []string, a slog.Attr) slog.Attr {
	switch a.Key {
	case slog.MessageKey, "method", "attempt", "status":
		return a
	default:
		return slog.Attr{}
	}
}

// The stock interceptors in their order: who says who the call is, who looks on, who decides.
func Example_order() {
	server := authtest.NewServer(authtest.Config{})
	defer server.Close()
	ctx := context.Background()
	session, end := signedIn(ctx, server)
	defer end()
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: brief}))
	client := resty.New()

	ids, err := requestid.New(requestid.Config{})
	must(err)
	keys, err := idempotency.New(idempotency.Config{})
	must(err)
	log, err := logging.New(logging.Config{Logger: logger})
	must(err)
	again, err := retry.New(retry.Config{})
	must(err)
	must(chain.New(ids, keys, log, again, session).Install(client))

	server.ExpireAccess()
	server.FailAPI(1, http.StatusServiceUnavailable, nil, "")
	resp, err := client.R().SetBody("hello").Post("/echo")
	must(err)
	fmt.Println("the caller gets", resp.StatusCode())
	// Output:
	// msg=response method=POST attempt=1 status=503
	// msg=response method=POST attempt=2 status=401
	// msg=response method=POST attempt=3 status=200
	// the caller gets 200
}

// The two ways in which a session can fail a request.
func Example_errors() {
	server := authtest.NewServer(authtest.Config{})
	defer server.Close()
	ctx := context.Background()
	session, end := signedIn(ctx, server)
	defer end()
	client := resty.New()
	must(chain.New(session).Install(client))

	get := func() {
		_, err := client.R().Get("/me")
		switch failed, temporary := errors.AsType[*auth.RefreshError](err); {
		case errors.Is(err, auth.ErrLoginRequired):
			fmt.Println("please log in")
		case temporary:
			fmt.Println("try again in", failed.RetryAfter)
		}
	}

	server.ExpireAccess()
	server.FailRefresh(1, http.StatusServiceUnavailable, http.Header{"Retry-After": {"7"}}, "")
	get()

	session, end = signedIn(ctx, server) // as if the seven seconds were over
	defer end()
	client = resty.New()
	must(chain.New(session).Install(client))
	server.RevokeAll()
	get()
	// Output:
	// try again in 7s
	// please log in
}

// Settings that need the transport which is below the chain.
func Example_proxy() {
	client := resty.New()
	must(chain.New().Install(client))

	err := chain.Configure(client, func(c *resty.Client) { c.SetProxy("http://proxy.example:3128") })
	must(err)
	fmt.Println(client.IsProxySet())
	// Output: true
}

// A mock goes below the chain.
func Example_httpmock() {
	server := authtest.NewServer(authtest.Config{})
	defer server.Close()
	session, end := signedIn(context.Background(), server)
	defer end()

	mock := httpmock.NewMockTransport()
	client := resty.New().SetTransport(mock)
	must(chain.New(session).Install(client))

	mock.RegisterResponder(http.MethodGet, server.URL+"/me", func(r *http.Request) (*http.Response, error) {
		return httpmock.NewStringResponse(http.StatusOK, r.Header.Get("Authorization")[:len("Bearer")]), nil
	})
	resp, err := client.R().Get("/me")
	must(err)
	fmt.Println(resp)
	// Output: Bearer
}
