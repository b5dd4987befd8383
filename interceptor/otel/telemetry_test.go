package otel_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/go-resty/resty/v2"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.uber.org/goleak"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/interceptor/otel"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// telemetry is an instrumentation and everything that it emitted.
type telemetry struct {
	*otel.Instrumentation

	tracers *trace.TracerProvider
	spans   *tracetest.InMemoryExporter
	reader  *metric.ManualReader
}

func newTelemetry(tb testing.TB) *telemetry {
	tb.Helper()
	x := &telemetry{spans: tracetest.NewInMemoryExporter(), reader: metric.NewManualReader()}
	x.tracers = trace.NewTracerProvider(trace.WithSyncer(x.spans))
	i, err := otel.New(otel.Config{
		TracerProvider: x.tracers,
		MeterProvider:  metric.NewMeterProvider(metric.WithReader(x.reader)),
		Propagator:     propagation.TraceContext{},
	})
	if err != nil {
		tb.Fatal(err)
	}
	x.Instrumentation = i
	return x
}

// tree draws the spans that have ended, each with the given attributes, beneath its parent and in
// the order of their start.
func (x *telemetry) tree(keys ...attribute.Key) string {
	stubs := x.spans.GetSpans()
	slices.SortStableFunc(stubs, func(a, b tracetest.SpanStub) int { return a.StartTime.Compare(b.StartTime) })
	var b strings.Builder
	var draw func(parent tracetest.SpanStub, indent string)
	draw = func(parent tracetest.SpanStub, indent string) {
		for i := range stubs {
			s := &stubs[i]
			if s.Parent.SpanID() != parent.SpanContext.SpanID() {
				continue
			}
			fmt.Fprintf(&b, "%s%s %s", indent, s.SpanKind, s.Name)
			for _, k := range keys {
				if v, ok := attributesOf(*s)[string(k)]; ok {
					fmt.Fprintf(&b, " %s", v)
				}
			}
			fmt.Fprintf(&b, " %s\n", s.Status.Code)
			draw(*s, indent+"  ")
		}
	}
	draw(tracetest.SpanStub{}, "")
	return b.String()
}

func attributesOf(s tracetest.SpanStub) map[string]string {
	m := make(map[string]string)
	for _, a := range s.Attributes {
		m[string(a.Key)] = a.Value.String()
	}
	return m
}

// only returns the only span.
func (x *telemetry) only(t *testing.T) tracetest.SpanStub {
	t.Helper()
	s := x.spans.GetSpans()
	if len(s) != 1 {
		t.Fatalf("%d spans, want 1:\n%s", len(s), x.tree())
	}
	return s[0]
}

// points returns how often a counter counted, or a histogram measured, by attributes in the order
// of their keys.
func (x *telemetry) points(t *testing.T, name string) map[string]int {
	t.Helper()
	found := make(map[string]int)
	for _, m := range x.collect(t) {
		if m.Name != name {
			continue
		}
		switch data := m.Data.(type) {
		case metricdata.Histogram[float64]:
			for _, p := range data.DataPoints {
				found[p.Attributes.Encoded(attribute.DefaultEncoder())] = int(p.Count)
			}
		case metricdata.Sum[int64]:
			for _, p := range data.DataPoints {
				found[p.Attributes.Encoded(attribute.DefaultEncoder())] = int(p.Value)
			}
		default:
			t.Errorf("%s is %T", name, m.Data)
		}
	}
	return found
}

func (x *telemetry) collect(t *testing.T) []metricdata.Metrics {
	t.Helper()
	var data metricdata.ResourceMetrics
	if err := x.reader.Collect(t.Context(), &data); err != nil {
		t.Fatal(err)
	}
	var list []metricdata.Metrics
	for _, s := range data.ScopeMetrics {
		if s.Scope.Name != "github.com/chatelaine-go/chatelaine/interceptor/otel" {
			t.Errorf("the scope is %q", s.Scope.Name)
		}
		list = append(list, s.Metrics...)
	}
	return list
}

// everything returns all that was emitted, as one text.
func (x *telemetry) everything(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	spans := x.spans.GetSpans()
	for i := range spans {
		s := &spans[i]
		fmt.Fprintf(&b, "%s %v %v %v %v\n", s.Name, s.Attributes, s.Status, s.Events, s.Resource)
	}
	data, err := json.Marshal(x.collect(t))
	if err != nil {
		t.Fatal(err)
	}
	b.Write(data)
	return b.String()
}

// restyClient returns a client with the interceptors inside of the instrumentation, and spans of
// calls.
func (x *telemetry) restyClient(t *testing.T, is ...interceptor.Interceptor) *resty.Client {
	t.Helper()
	c := resty.New()
	if err := chain.New(x.Around(is...)...).Install(c); err != nil {
		t.Fatal(err)
	}
	if err := x.Instrument(c); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.GetClient().CloseIdleConnections)
	return c
}

// httpClient returns a client with the interceptors inside of the instrumentation.
func (x *telemetry) httpClient(t *testing.T, is ...interceptor.Interceptor) *http.Client {
	t.Helper()
	c := &http.Client{Transport: chain.New(x.Around(is...)...).Transport(nil)}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func request(t *testing.T, method, url string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func call(t *testing.T, c *http.Client, req *http.Request) error {
	t.Helper()
	resp, err := c.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

// again retries every error.
func again() interceptor.Interceptor {
	return &interceptor.Funcs{Error: func(_ *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict { return h.Retry(0) }}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
