package otel

import (
	"net/http"
	"net/url"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/internal/escape"
)

// attempt is a request on its way.
type attempt struct {
	span     trace.Span
	start    time.Time
	measured []attribute.KeyValue
	over     bool
}

// attemptKey is where an instrumentation keeps the attempt of a call.
type attemptKey struct{ *Instrumentation }

// observer ends the span of an attempt, as the first to see how it went.
type observer struct{ *Instrumentation }

var (
	_ interceptor.Interceptor = (*observer)(nil)
	_ interceptor.Interceptor = (*sender)(nil)
)

// OnRequest passes on.
func (*observer) OnRequest(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
	return h.Next(req)
}

// OnResponse ends the span.
func (o *observer) OnResponse(resp *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict {
	o.finish(resp.Request, resp, nil)
	return h.Next(resp)
}

// OnError ends the span.
func (o *observer) OnError(e *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
	o.finish(e.Request, e.Response, e)
	return h.Next(e)
}

// CopyOnWrite reports true: it modifies no request in place; see package interceptor, Optional
// methods.
func (*observer) CopyOnWrite() bool { return true }

// UsesRestyRequest reports whether chain.RestyRequest may be called; see package interceptor,
// Optional methods.
func (*observer) UsesRestyRequest() bool { return false }

// String names the interceptor in errors.
func (*observer) String() string { return "otel" }

// sender begins the span of an attempt, as the last before it is sent.
type sender struct{ observer }

// OnRequest begins the span and puts its context on the request.
func (s *sender) OnRequest(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
	if s.tracer == nil {
		return h.Next(req)
	}
	s.finish(req, nil, nil) // of the attempt before, where an interceptor outside of Around retried it
	d := s.describe(req)
	ctx, span := s.tracer.Start(req.Context(), d.name, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(d.traced...))
	req.SetExtra(attemptKey{s.Instrumentation}, &attempt{span: span, start: time.Now(), measured: d.measured})
	req.Request = req.WithContext(ctx)
	s.propagator.Inject(ctx, propagation.HeaderCarrier(req.Header))
	return h.Next(req)
}

// finish ends the span of the attempt under way, if there is one.
func (i *Instrumentation) finish(req *interceptor.Request, resp *interceptor.Response, e *interceptor.Error) {
	if req == nil || req.Request == nil {
		return
	}
	a, _ := req.Extra(attemptKey{i}).(*attempt)
	if a == nil || a.over {
		return
	}
	a.over = true
	defer a.span.End()
	var outcome []attribute.KeyValue
	switch {
	case resp != nil && resp.Response != nil:
		outcome = describeResponse(resp.Response)
		if failed(resp.StatusCode) {
			a.span.SetStatus(codes.Error, "")
		}
	case e != nil:
		outcome = []attribute.KeyValue{errorType(e)}
		a.span.SetStatus(codes.Error, i.text(req, e))
	default:
		return
	}
	a.span.SetAttributes(outcome...)
	i.metrics.request(trace.ContextWithSpan(req.Context(), a.span), time.Since(a.start), append(a.measured, outcome...))
}

// text is what may be said of an error.
func (i *Instrumentation) text(req *interceptor.Request, e *interceptor.Error) string {
	if e.Err == nil {
		return e.Kind.String()
	}
	return i.textOf(e.Err, req.URL, req.Header)
}

// maxValue limits, in bytes, what is shown of a URL or an error.
const maxValue = 4 << 10

// textOf is what may be said of the error of a request with this URL, which may be nil, and header.
func (i *Instrumentation) textOf(err error, u *url.URL, h http.Header) string {
	return escape.Cut(i.redactor.Text(err.Error(), i.redactor.Secrets(u, h)...), maxValue)
}
