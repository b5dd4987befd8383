package otel_test

import (
	"net/http"
	"testing"

	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/trace"
	nooptrace "go.opentelemetry.io/otel/trace/noop"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/interceptor/otel"
)

// BenchmarkAround is a GET through a transport in memory: without the instrumentation, with one that is switched off, and with the
// SDK, which drops the spans.
func BenchmarkAround(b *testing.B) {
	instrumented := func(c otel.Config) *chain.Chain {
		i, err := otel.New(c)
		if err != nil {
			b.Fatal(err)
		}
		return chain.New(i.Around()...)
	}
	resp := interceptor.NewResponse(nil, http.StatusOK, nil, nil).Response
	base := roundTripper(func(*http.Request) (*http.Response, error) {
		r := *resp
		return &r, nil
	})
	for name, c := range map[string]*chain.Chain{
		"none": chain.New(interceptor.Base{}),
		"noop": instrumented(otel.Config{TracerProvider: nooptrace.NewTracerProvider(), MeterProvider: noop.NewMeterProvider()}),
		"sdk": instrumented(otel.Config{
			TracerProvider: trace.NewTracerProvider(),
			MeterProvider:  metric.NewMeterProvider(metric.WithReader(metric.NewManualReader())),
		}),
	} {
		b.Run("telemetry="+name, func(b *testing.B) {
			b.ReportAllocs()
			t := c.Transport(base)
			req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, "http://a.example/users/7?page=2", http.NoBody)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				resp, err := t.RoundTrip(req)
				if err != nil {
					b.Fatal(err)
				}
				resp.Body.Close()
			}
		})
	}
}
