package otel

import (
	"errors"
	"fmt"

	api "go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/interceptor/redact"
)

// scope names the instrumentation in what it emits.
const scope = "github.com/chatelaine-go/chatelaine/interceptor/otel"

// Config configures where spans and measurements go. The zero value is usable: it uses the global
// providers, also those set later.
type Config struct {
	// TracerProvider makes the spans. Nil: the global one.
	TracerProvider trace.TracerProvider
	// MeterProvider makes the instruments. Nil: the global one.
	MeterProvider metric.MeterProvider
	// Propagator writes the trace context into requests. Nil: the global one, which writes nothing
	// unless it is set.
	Propagator propagation.TextMapPropagator
	// Redactor decides what is shown of URLs and errors. Nil: that of the zero redact.Config.
	Redactor *redact.Redactor
}

// Instrumentation traces and measures. All methods are safe for concurrent use. The zero value does
// nothing; make one with [New], and use it for any number of chains and clients.
type Instrumentation struct {
	tracer     trace.Tracer
	propagator propagation.TextMapPropagator
	redactor   *redact.Redactor
	metrics    metrics
}

// New makes the tracer and the instruments. An error is the meter provider's.
func New(c Config) (*Instrumentation, error) {
	if c.TracerProvider == nil {
		c.TracerProvider = api.GetTracerProvider()
	}
	if c.MeterProvider == nil {
		c.MeterProvider = api.GetMeterProvider()
	}
	if c.Propagator == nil {
		c.Propagator = api.GetTextMapPropagator()
	}
	m, err := newMetrics(c.MeterProvider.Meter(scope, metric.WithSchemaURL(semconv.SchemaURL)))
	if err != nil {
		return nil, fmt.Errorf("otel: instruments not made: %w", err)
	}
	return &Instrumentation{
		tracer:     c.TracerProvider.Tracer(scope, trace.WithSchemaURL(semconv.SchemaURL)),
		propagator: c.Propagator, redactor: c.Redactor, metrics: m,
	}, nil
}

// Around returns the interceptors with one of this package before them and one behind, which
// together make the spans of attempts: chain.New(telemetry.Around(session, retry)...). Nil ones are
// left out. It works with chain.Forward and chain.Reverse.
func (i *Instrumentation) Around(is ...interceptor.Interceptor) []interceptor.Interceptor {
	list := []interceptor.Interceptor{&observer{i}}
	for _, in := range is {
		if in != nil {
			list = append(list, in)
		}
	}
	return append(list, &sender{observer{i}})
}

// errNoClient is the error of Instrument without a client.
var errNoClient = errors.New("otel: Instrument needs a resty client")
