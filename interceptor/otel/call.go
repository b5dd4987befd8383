package otel

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

const sendsKey = attribute.Key("chatelaine.sends")

// errNoReturn is the error of a call that ended in a panic.
var errNoReturn = errors.New("otel: panic in the transport")

// call is what the caller asked for, whatever it takes.
type call struct {
	owner  any // whose call it is: calls inside of it have its context, too
	span   trace.Span
	parent trace.Span
	sends  atomic.Int64
	over   atomic.Bool
}

// callKey finds the call of an instrumentation in a context.
type callKey struct{ *Instrumentation }

func (i *Instrumentation) callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{i}).(*call)
	return c
}

// begin begins the span of a call, and puts the call into the context.
func (i *Instrumentation) begin(ctx context.Context, owner any, method string) (context.Context, *call) {
	if i.tracer == nil { // the zero Instrumentation
		return ctx, &call{owner: owner, span: trace.SpanFromContext(context.Background())}
	}
	attr, word := methodOf(method)
	name := "call " + word
	options := []trace.SpanStartOption{trace.WithAttributes(attr)}
	if t := templateOf(ctx); t != "" {
		name += " " + t
		options = append(options, trace.WithAttributes(semconv.URLTemplate(t)))
	}
	c := &call{owner: owner, parent: trace.SpanFromContext(ctx)}
	ctx, c.span = i.tracer.Start(ctx, name, options...)
	return context.WithValue(ctx, callKey{i}, c), c
}

// end ends the span of a call. A status of 0 is none.
func (i *Instrumentation) end(c *call, status int, err error, describe func(error) string) {
	c.over.Store(true)
	c.span.SetAttributes(sendsKey.Int64(c.sends.Load()))
	if status != 0 {
		c.span.SetAttributes(semconv.HTTPResponseStatusCode(status))
	}
	switch {
	case err != nil:
		c.span.SetAttributes(errorType(err))
		c.span.SetStatus(codes.Error, describe(err))
	case failed(status):
		c.span.SetAttributes(semconv.ErrorTypeKey.String(strconv.Itoa(status)))
		c.span.SetStatus(codes.Error, "")
	}
	c.span.End()
}

// Transport returns a transport that makes a span for every call that goes through it to next,
// which has the chain:
//
//	client := &http.Client{Transport: telemetry.Transport(chain.New(telemetry.Around(session)...).Transport(nil))}
//
// Under resty use [Instrumentation.Instrument]: laid over a chain that is installed there, this
// would hide it. Next must not be nil. CloseIdleConnections is passed on.
func (i *Instrumentation) Transport(next http.RoundTripper) http.RoundTripper {
	return &transport{instrumentation: i, next: next}
}

type transport struct {
	instrumentation *Instrumentation
	next            http.RoundTripper
}

// RoundTrip sends a copy of the request, whose context has the span.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	i := t.instrumentation
	ctx, c := i.begin(req.Context(), req, req.Method)
	describe := func(err error) string {
		return i.textOf(err, req.URL, req.Header)
	}
	status, err := 0, errNoReturn
	defer func() { i.end(c, status, err, describe) }() // also after a panic
	resp, err := t.next.RoundTrip(req.WithContext(ctx))
	if resp != nil {
		status = resp.StatusCode
	}
	return resp, err
}

// CloseIdleConnections closes those of the transport beneath, if it can.
func (t *transport) CloseIdleConnections() {
	if b, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		b.CloseIdleConnections()
	}
}
