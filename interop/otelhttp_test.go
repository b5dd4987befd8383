package interop_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

// TestOtelhttp lies beneath the chain: a span and a trace context for every attempt. Over the chain
// it would make one of all.
func TestOtelhttp(t *testing.T) {
	t.Parallel()
	server := serve(t, authtest.Config{})
	exporter := tracetest.NewInMemoryExporter()
	tracers := trace.NewTracerProvider(trace.WithSyncer(exporter))
	var mu sync.Mutex
	var carried []string
	network := roundTripper(func(r *http.Request) (*http.Response, error) {
		mu.Lock()
		carried = append(carried, r.Header.Get("Traceparent"))
		mu.Unlock()
		return server.Transport().RoundTrip(r)
	})
	base := otelhttp.NewTransport(network, otelhttp.WithTracerProvider(tracers), otelhttp.WithPropagators(propagation.TraceContext{}))
	session := signIn(t, server, "alice")
	client := over(t, base, session)
	server.ExpireAccess()
	old, err := session.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, outer := tracers.Tracer("test").Start(t.Context(), "outer")
	if resp, err := client.R().SetContext(ctx).SetBody("x").Post("/echo"); err != nil || resp.StatusCode() != http.StatusOK {
		t.Fatal(resp, err)
	}
	outer.End()
	spans := exporter.GetSpans()
	if len(spans) != 3 || len(carried) != 2 {
		t.Fatalf("%d spans, %d requests; want outer and two of attempts", len(spans), len(carried))
	}
	for i := range carried {
		s := spans[i]
		if want := fmt.Sprintf("00-%s-%s-01", s.SpanContext.TraceID(), s.SpanContext.SpanID()); carried[i] != want {
			t.Errorf("attempt %d carried %s, want %s", i, carried[i], want)
		}
		if s.Parent.SpanID() != outer.SpanContext().SpanID() {
			t.Errorf("attempt %d is not a child of the caller's span", i)
		}
		if strings.Contains(fmt.Sprint(s), old.AccessToken) {
			t.Errorf("the token is in the span of attempt %d", i)
		}
	}
	if got := fmt.Sprint(spans[0].Status.Code, spans[1].Status.Code); got != "Error Unset" {
		t.Errorf("the spans ended %s", got)
	}
}
