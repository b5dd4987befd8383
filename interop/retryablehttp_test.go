package interop_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/chain"
)

// retryable returns a client of go-retryablehttp over the chain of a session. Its own policy
// repeats whatever is an error; that the session is over does not pass.
func retryable(session *auth.Interceptor, base http.RoundTripper) *retryablehttp.Client {
	client := retryablehttp.NewClient()
	client.Logger = nil
	client.RetryWaitMin, client.RetryWaitMax = time.Millisecond, time.Millisecond
	client.HTTPClient = &http.Client{Transport: chain.New(session).Transport(base)}
	client.CheckRetry = func(ctx context.Context, resp *http.Response, err error) (bool, error) {
		if errors.Is(err, auth.ErrLoginRequired) || errors.Is(err, auth.ErrRefreshFailed) {
			return false, err
		}
		return retryablehttp.DefaultRetryPolicy(ctx, resp, err)
	}
	return client
}

// TestRetryablehttp: it repeats the 503; auth deals with the 401 beneath it, within one of its
// attempts.
func TestRetryablehttp(t *testing.T) {
	t.Parallel()
	server := serve(t, authtest.Config{})
	session := signIn(t, server, "alice")
	client := retryable(session, server.Transport())
	server.ExpireAccess()
	server.FailAPI(1, http.StatusServiceUnavailable, nil, "")
	resp, err := client.Post(server.URL+"/echo", "text/plain", []byte("hello"))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil || resp.StatusCode != http.StatusOK || len(body) == 0 {
		t.Fatalf("%s, %s, %v", resp.Status, body, err)
	}
	if s := server.Stats(); s.Refreshes != 1 || s.APICalls != 3 {
		t.Errorf("%d refreshes, %d calls; want 1 and 3: 503, 401, 200", s.Refreshes, s.APICalls)
	}
}

// TestRetryablehttp_loginRequired comes once: to repeat it would not bring the session back.
func TestRetryablehttp_loginRequired(t *testing.T) {
	t.Parallel()
	server := serve(t, authtest.Config{})
	session := signIn(t, server, "alice")
	client := retryable(session, server.Transport())
	server.RevokeAll()
	resp, err := client.Get(server.URL + "/me")
	if resp != nil {
		resp.Body.Close()
	}
	if !errors.Is(err, auth.ErrLoginRequired) {
		t.Fatalf("got %v", err)
	}
	if s := server.Stats(); s.APICalls != 1 {
		t.Errorf("%d calls, want 1", s.APICalls)
	}
}
