package interop_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/sony/gobreaker/v2"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

// breaker is a transport behind a circuit breaker. A response that counts as a failure is one
// still: it goes to the caller.
type breaker struct {
	*gobreaker.CircuitBreaker[*http.Response]

	next http.RoundTripper
}

var errServer = errors.New("the server failed")

func (b breaker) RoundTrip(req *http.Request) (*http.Response, error) {
	sent := false
	resp, err := b.Execute(func() (*http.Response, error) {
		sent = true
		resp, err := b.next.RoundTrip(req)
		if err == nil && resp.StatusCode >= http.StatusInternalServerError {
			err = errServer
		}
		return resp, err
	})
	switch {
	case errors.Is(err, errServer):
		return resp, nil
	case !sent && req.Body != nil: // a transport closes the body also when it sends nothing
		req.Body.Close()
	}
	return resp, err
}

func newBreaker(next http.RoundTripper) breaker {
	return breaker{next: next, CircuitBreaker: gobreaker.NewCircuitBreaker[*http.Response](gobreaker.Settings{
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= 2 },
		IsExcluded:  func(err error) bool { return errors.Is(err, context.Canceled) }, // the caller's business
	})}
}

func TestGobreaker(t *testing.T) {
	t.Parallel()
	server := serve(t, authtest.Config{})
	b := newBreaker(server.Transport())
	client := over(t, b, signIn(t, server, "alice"))
	for range 3 { // what auth deals with is not a failure of the server
		server.ExpireAccess()
		get(t, client, "/me")
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := client.R().SetContext(canceled).Get("/me"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if s := b.State(); s != gobreaker.StateClosed {
		t.Fatalf("the breaker is %v", s)
	}
	server.FailAPI(2, http.StatusServiceUnavailable, nil, "busy")
	for range 2 {
		if resp, err := client.R().Get("/me"); err != nil || resp.StatusCode() != http.StatusServiceUnavailable {
			t.Fatal(resp, err)
		}
	}
	calls := server.Stats().APICalls
	_, err := client.R().SetBody("x").Post("/echo")
	if !errors.Is(err, gobreaker.ErrOpenState) || server.Stats().APICalls != calls {
		t.Errorf("got %v after %d more calls, want that the breaker is open", err, server.Stats().APICalls-calls)
	}
	if e, ok := errors.AsType[*interceptor.Error](err); !ok || e.Request.Method != http.MethodPost {
		t.Errorf("the error tells nothing of the request: %v", err)
	}
	server.AssertRefreshes(t, 3)
}
