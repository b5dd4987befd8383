package interop_test

import (
	"context"
	"net/http"
	"slices"
	"testing"

	"github.com/go-resty/resty/v2"
	"go.uber.org/goleak"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve starts an identity provider with an API.
func serve(t *testing.T, c authtest.Config) *authtest.Server {
	t.Helper()
	server := authtest.NewServer(c)
	t.Cleanup(server.Close)
	return server
}

// signIn returns a session of a user at the server.
func signIn(t *testing.T, server *authtest.Server, user string, change ...func(*auth.Config)) *auth.Interceptor {
	t.Helper()
	config := auth.Config{
		BaseURL: server.URL, Account: user, // the refresh goes around the chain, and around what is beneath it
		Refresher: auth.JSONRefresher{URL: "/auth/refresh", Transport: server.Transport()},
	}
	for _, f := range change {
		f(&config)
	}
	session, err := auth.New(config)
	if err != nil {
		t.Fatal(err)
	}
	pair := server.Issue(user)
	err = session.Login(t.Context(), auth.Token{AccessToken: pair.AccessToken, RefreshToken: pair.RefreshToken, Expiry: pair.Expiry})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := session.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return session
}

// over returns a client whose chain lies over a transport.
func over(t *testing.T, base http.RoundTripper, is ...interceptor.Interceptor) *resty.Client {
	t.Helper()
	client := resty.New().SetTransport(base)
	if err := chain.New(is...).Install(client); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.GetClient().CloseIdleConnections)
	return client
}

// get sends a GET that has to be answered with 200.
func get(t *testing.T, client *resty.Client, path string) *resty.Response {
	t.Helper()
	resp, err := client.R().SetContext(t.Context()).Get(path)
	if err != nil || resp.StatusCode() != http.StatusOK {
		t.Fatalf("GET %s: %v, %v", path, resp.Status(), err)
	}
	return resp
}

// want compares what the API and the token endpoint saw and did, after the session began.
func want(t *testing.T, server *authtest.Server, kinds ...authtest.EventKind) {
	t.Helper()
	got := slices.DeleteFunc(server.Timeline().Kinds(), func(k authtest.EventKind) bool {
		return k == authtest.EventIssue || k == authtest.EventExpire || k == authtest.EventRotate
	})
	if !slices.Equal(got, kinds) {
		t.Errorf("the server saw %q, want %q", got, kinds)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
