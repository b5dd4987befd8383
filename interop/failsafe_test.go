package interop_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/failsafe-go/failsafe-go/failsafehttp"
	"github.com/failsafe-go/failsafe-go/retrypolicy"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

// failsafeRetry is the retry policy of failsafehttp as it should be beneath a chain: the last
// answer comes back as it is, and only requests that may be sent twice are.
func failsafeRetry() retrypolicy.RetryPolicy[*http.Response] {
	return failsafehttp.NewRetryPolicyBuilder().
		ReturnLastFailure().
		OnRetryScheduled(func(e failsafe.ExecutionScheduledEvent[*http.Response]) {
			if r := e.LastResult(); r != nil {
				r.Body.Close()
			}
		}).
		AbortIf(func(r *http.Response, _ error) bool { return r != nil && r.Request.Method == http.MethodPost }).
		WithMaxRetries(2).
		WithBackoff(time.Millisecond, 10*time.Millisecond).
		Build()
}

// TestFailsafe_503then401then200: failsafe-go deals with the 503 within the attempt, auth with the
// 401.
func TestFailsafe_503then401then200(t *testing.T) {
	t.Parallel()
	server := serve(t, authtest.Config{})
	client := over(t, failsafehttp.NewRoundTripper(server.Transport(), failsafeRetry()), signIn(t, server, "alice"))
	server.ExpireAccess()
	server.FailAPI(1, http.StatusServiceUnavailable, nil, "busy")
	resp, err := client.R().SetBody(`{"a":1}`).SetResult(new(authtest.Echo)).Put("/echo")
	if err != nil || resp.StatusCode() != http.StatusOK || resp.Result().(*authtest.Echo).Body != `{"a":1}` {
		t.Fatal(resp, err)
	}
	want(t, server, authtest.EventFail, authtest.EventDeny, authtest.EventRefresh, authtest.EventAPI)
	server.AssertNoReuse(t)
}

// TestFailsafe_401then503then200 is the other sequence.
func TestFailsafe_401then503then200(t *testing.T) {
	t.Parallel()
	server := serve(t, authtest.Config{})
	client := over(t, failsafehttp.NewRoundTripper(server.Transport(), failsafeRetry()), signIn(t, server, "alice"))
	server.ExpireAccess()
	release := server.HoldRefresh()
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := server.Wait(t.Context(), func(s authtest.Stats) bool { return s.Refreshes == 1 }); err != nil {
			t.Error(err)
		}
		server.FailAPI(1, http.StatusServiceUnavailable, nil, "busy")
		release()
	}()
	get(t, client, "/me")
	<-done
	want(t, server, authtest.EventDeny, authtest.EventRefresh, authtest.EventFail, authtest.EventAPI)
}

// TestFailsafe_lastAnswer: when it gives up, the 503 comes back as a response, to be read; and a
// POST is not repeated.
func TestFailsafe_lastAnswer(t *testing.T) {
	t.Parallel()
	server := serve(t, authtest.Config{})
	client := over(t, failsafehttp.NewRoundTripper(server.Transport(), failsafeRetry()), signIn(t, server, "alice"))
	server.FailAPI(-1, http.StatusServiceUnavailable, nil, "busy")
	for method, calls := range map[string]int{http.MethodGet: 3, http.MethodPost: 1} {
		before := server.Stats().APICalls
		resp, err := client.R().Execute(method, "/echo")
		if err != nil || resp.StatusCode() != http.StatusServiceUnavailable || !strings.Contains(resp.String(), "busy") {
			t.Errorf("%s: %v, %v", method, resp, err)
		}
		if n := server.Stats().APICalls - before; n != calls {
			t.Errorf("%s was sent %d times, want %d", method, n, calls)
		}
	}
}

// TestFailsafe_breaker: five hundreds open it, a 401 does not; what it says reaches the caller
// through chain and resty, and the session survives.
func TestFailsafe_breaker(t *testing.T) {
	t.Parallel()
	server := serve(t, authtest.Config{})
	breaker := circuitbreaker.NewBuilder[*http.Response]().
		HandleIf(func(r *http.Response, err error) bool {
			return err != nil || r.StatusCode >= http.StatusInternalServerError
		}).
		WithFailureThreshold(2).WithDelay(time.Hour).Build()
	client := over(t, failsafehttp.NewRoundTripper(server.Transport(), breaker), signIn(t, server, "alice"))
	for range 3 {
		server.ExpireAccess()
		get(t, client, "/me")
	}
	server.FailAPI(2, http.StatusBadGateway, nil, "")
	for range 2 {
		if resp, err := client.R().Get("/me"); err != nil || resp.StatusCode() != http.StatusBadGateway {
			t.Fatal(resp, err)
		}
	}
	calls := server.Stats().APICalls
	if _, err := client.R().Get("/me"); !errors.Is(err, circuitbreaker.ErrOpen) {
		t.Errorf("got %v, want that the breaker is open", err)
	}
	breaker.Close()
	get(t, client, "/me")
	if n := server.Stats().APICalls - calls; n != 1 {
		t.Errorf("%d calls, want 1", n)
	}
	server.AssertRefreshes(t, 3)
}
