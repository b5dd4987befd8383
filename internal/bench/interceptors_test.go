package bench_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/trace"
	nooptrace "go.opentelemetry.io/otel/trace/noop"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/interceptor/har"
	"github.com/chatelaine-go/chatelaine/interceptor/idempotency"
	"github.com/chatelaine-go/chatelaine/interceptor/logging"
	"github.com/chatelaine-go/chatelaine/interceptor/otel"
	"github.com/chatelaine-go/chatelaine/interceptor/progress"
	"github.com/chatelaine-go/chatelaine/interceptor/requestid"
	"github.com/chatelaine-go/chatelaine/interceptor/retry"
)

// sink takes every record and writes none, so that what is measured is not the handler.
type sink struct{ slog.Handler }

func (sink) Enabled(context.Context, slog.Level) bool  { return true }
func (sink) Handle(context.Context, slog.Record) error { return nil }

func ignore(progress.Report) {}

// BenchmarkInterceptor: what the stock interceptors add to a POST of a small JSON object whose
// response is another one, over a chain without any.
func BenchmarkInterceptor(b *testing.B) {
	line := logging.Config{Logger: slog.New(sink{})}
	headers, bodies := line, line
	headers.Headers = true
	bodies.Headers, bodies.BodyLimit = true, 1<<10
	var all []contestant
	for _, c := range []struct {
		name string
		list []interceptor.Interceptor
	}{
		{"none", nil},
		{"pass", one(b)(pass{}, nil)},
		{"auth", one(b)(newSession(b), nil)},
		{"requestid", one(b)(requestid.New(requestid.Config{}))},
		{"idempotency", one(b)(idempotency.New(idempotency.Config{}))},
		{"progress", one(b)(progress.New(progress.Config{Upload: ignore, Download: ignore}), nil)},
		{"retry", one(b)(retry.New(retry.Config{}))},
		{"logging/level=off", one(b)(logging.New(logging.Config{Logger: slog.New(slog.DiscardHandler)}))},
		{"logging/line", one(b)(logging.New(line))},
		{"logging/headers", one(b)(logging.New(headers))},
		{"logging/bodies", one(b)(logging.New(bodies))},
		{"har/bodies=no", one(b)(har.New(har.Config{MaxBody: -1}))},
		{"har/bodies=yes", one(b)(har.New(har.Config{}))},
		{"otel/noop", around(b, otel.Config{TracerProvider: nooptrace.NewTracerProvider(), MeterProvider: noop.NewMeterProvider()})},
		{"otel/sdk", around(b, otel.Config{
			TracerProvider: trace.NewTracerProvider(),
			MeterProvider:  metric.NewMeterProvider(metric.WithReader(metric.NewManualReader())),
		})},
	} {
		t := chain.New(c.list...).Transport(messages{})
		all = append(all, contestant{c.name, func() error { return post(b.Context(), t) }})
	}
	costs := compare(b, all)
	for _, c := range all {
		report(b, c.name, costs.added(c.name, "none"))
	}
}

// one makes a list of what a constructor returns.
func one(b *testing.B) func(interceptor.Interceptor, error) []interceptor.Interceptor {
	b.Helper()
	return func(i interceptor.Interceptor, err error) []interceptor.Interceptor {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
		return []interceptor.Interceptor{i}
	}
}

func around(b *testing.B, c otel.Config) []interceptor.Interceptor {
	b.Helper()
	i, err := otel.New(c)
	if err != nil {
		b.Fatal(err)
	}
	return i.Around()
}

const message = `{"id":"1f0c","type":"message","text":"hello"}`

// messages answers with a small JSON object.
type messages struct{}

func (messages) RoundTrip(r *http.Request) (*http.Response, error) {
	_, err := io.Copy(io.Discard, r.Body)
	return &http.Response{
		StatusCode: http.StatusOK, Status: "200 OK", Proto: "HTTP/1.1", Request: r, Body: io.NopCloser(strings.NewReader(message)),
		Header: http.Header{"Content-Type": {"application/json"}},
	}, err
}

func post(ctx context.Context, t http.RoundTripper) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://api.example.com/messages", strings.NewReader(message))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	resp, err := t.RoundTrip(req)
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	return resp.Body.Close()
}
