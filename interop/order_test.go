package interop_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-resty/resty/v2"
	"github.com/gregjones/httpcache"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/sony/gobreaker/v2"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"golang.org/x/time/rate"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor/har"
	"github.com/chatelaine-go/chatelaine/interceptor/idempotency"
	"github.com/chatelaine-go/chatelaine/interceptor/logging"
	"github.com/chatelaine-go/chatelaine/interceptor/otel"
	"github.com/chatelaine-go/chatelaine/interceptor/requestid"
	"github.com/chatelaine-go/chatelaine/interceptor/retry"
)

// stack is everything at once, in the order of docs/interop.md.
type stack struct {
	server   *authtest.Server
	session  *auth.Interceptor
	client   *resty.Client
	recorder *har.Recorder
	log      *bytes.Buffer
	spans    *tracetest.InMemoryExporter
	registry *prometheus.Registry
	limiter  *rate.Limiter
	breaker  breaker
	network  *network
}

// network is the last transport; it notes what goes out.
type network struct {
	http.RoundTripper

	mu     sync.Mutex
	header []http.Header
}

func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	n.mu.Lock()
	n.header = append(n.header, r.Header.Clone())
	n.mu.Unlock()
	return n.RoundTripper.RoundTrip(r)
}

func newStack(t *testing.T) *stack {
	t.Helper()
	s := &stack{
		server: serve(t, authtest.Config{}), log: new(bytes.Buffer), spans: tracetest.NewInMemoryExporter(),
		registry: prometheus.NewPedanticRegistry(), limiter: rate.NewLimiter(rate.Every(time.Hour), 10),
	}
	requests, err := requestid.New(requestid.Config{})
	keys, err2 := idempotency.New(idempotency.Config{})
	logs, err3 := logging.New(logging.Config{Logger: slog.New(slog.NewJSONHandler(s.log, nil))})
	recorder, err4 := har.New(har.Config{})
	telemetry, err5 := otel.New(otel.Config{TracerProvider: trace.NewTracerProvider(trace.WithSyncer(s.spans))})
	again, err6 := retry.New(retry.Config{BaseDelay: time.Millisecond})
	if err := errors.Join(err, err2, err3, err4, err5, err6); err != nil {
		t.Fatal(err)
	}
	s.recorder = recorder

	s.network = &network{RoundTripper: s.server.Transport()}
	base, onEvent := measured(s.registry, s.network)
	s.breaker = newBreaker(base)
	p := &partition{Cache: httpcache.NewMemoryCache(), account: "alice"}
	s.session = signIn(t, s.server, "alice", func(c *auth.Config) {
		c.Refresher = auth.JSONRefresher{URL: "/auth/refresh", Transport: recorder.Transport(s.server.Transport(), "token-refresh")}
		c.OnEvent = func(e auth.Event) {
			p.onEvent(e)
			onEvent(e)
			telemetry.OnEvent(e)
		}
	})
	s.client = resty.New().SetTransport(cached(p, s.breaker))
	inner := telemetry.Around(again, s.session, limited(s.limiter))
	list := append(chain.New(requests, keys, logs, recorder).Interceptors(), inner...)
	if err := errors.Join(chain.New(list...).Install(s.client), telemetry.Instrument(s.client)); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestOrder sends a POST through the whole stack that is answered 503, 401 and 200, and asks
// everyone what they saw.
func TestOrder(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	old, err := s.session.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.server.ExpireAccess()
	s.server.FailAPI(1, http.StatusServiceUnavailable, nil, "busy")
	resp, err := s.client.R().SetBody(`{"a":1}`).SetResult(new(authtest.Echo)).Post("/echo")
	if err != nil || resp.StatusCode() != http.StatusOK || resp.Result().(*authtest.Echo).Body != `{"a":1}` {
		t.Fatal(resp, err)
	}
	want(t, s.server, authtest.EventFail, authtest.EventDeny, authtest.EventRefresh, authtest.EventAPI)
	s.checkNetwork(t)

	data, err := s.recorder.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	for text, n := range map[string]int{`"_call":1,`: 3, `"_cause":"retry"`: 2, `"_cause":"token-refresh"`: 1, `"status":503`: 1} {
		if got := strings.Count(string(data), text); got != n {
			t.Errorf("the archive has %s %d times, want %d", text, got, n)
		}
	}
	if got := strings.Count(s.log.String(), `"msg":"response"`); got != 3 {
		t.Errorf("%d log records, want 3:\n%s", got, s.log)
	}
	var names []string
	spans := s.spans.GetSpans()
	for i := range spans {
		names = append(names, fmt.Sprint(spans[i].Name, " ", spans[i].Status.Code))
	}
	if want := []string{"POST Error", "POST Error", "POST Unset", "call POST Unset"}; !slices.Equal(names, want) {
		t.Errorf("spans %q, want %q", names, want)
	}
	counts := gathered(t, s.registry)
	maps.DeleteFunc(counts, func(name string, _ float64) bool { return !strings.HasPrefix(name, "api_requests_total") })
	wantCounts := map[string]float64{
		"api_requests_total code=503 method=post": 1, "api_requests_total code=401 method=post": 1, "api_requests_total code=200 method=post": 1,
	}
	if !maps.Equal(counts, wantCounts) {
		t.Errorf("counted %v", counts)
	}
	if left := s.limiter.Tokens(); left < 7 || left > 7.1 {
		t.Errorf("%v turns left of 10 after 3 attempts", left)
	}
	if state := s.breaker.State(); state != gobreaker.StateClosed {
		t.Errorf("the breaker is %v", state)
	}
	everything := string(data) + s.log.String() + fmt.Sprint(spans)
	for _, secret := range []string{old.AccessToken[30:], old.RefreshToken} {
		if strings.Contains(everything, secret) {
			t.Error("a token came out")
		}
	}
}

// checkNetwork compares the three attempts as they were sent.
func (s *stack) checkNetwork(t *testing.T) {
	t.Helper()
	if len(s.network.header) != 3 {
		t.Fatalf("%d requests were sent, want 3", len(s.network.header))
	}
	for _, name := range []string{"X-Request-Id", "Idempotency-Key"} {
		first := s.network.header[0].Get(name)
		for i, h := range s.network.header {
			if v := h.Get(name); v == "" || v != first {
				t.Errorf("attempt %d carried %s %q, the first %q", i+1, name, v, first)
			}
		}
	}
	if a, b := s.network.header[1].Get("Authorization"), s.network.header[2].Get("Authorization"); a == b {
		t.Error("the last attempt carried the token that had been refused")
	}
}

// TestOrder_concurrently: many calls meet the 401 together, through the whole stack.
func TestOrder_concurrently(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.limiter.SetLimit(rate.Inf)
	s.server.ExpireAccess()
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if resp, err := s.client.R().SetBody("x").Post("/echo"); err != nil || resp.StatusCode() != http.StatusOK {
				t.Error(resp, err)
			}
		})
	}
	wg.Wait()
	s.server.AssertRefreshes(t, 1)
	s.server.AssertNoReuse(t)
}
