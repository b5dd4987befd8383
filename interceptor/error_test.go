package interceptor_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

// answer is a base transport that answers with a status, or fails if there is none.
type answer int

func (a answer) RoundTrip(r *http.Request) (*http.Response, error) {
	if a == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	return &http.Response{StatusCode: int(a), Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

// TestError_FromTransport_changed: an error that an interceptor changes in place is its own from
// then on, and so is one of an interceptor in a chain beneath.
func TestError_FromTransport_changed(t *testing.T) {
	t.Parallel()
	change := func(f func(*interceptor.Error)) interceptor.Interceptor {
		return interceptor.Funcs{Error: func(e *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
			f(e)
			return h.Next(e)
		}}
	}
	for name, c := range map[string]struct {
		by    interceptor.Interceptor
		base  http.RoundTripper
		still bool
	}{
		"nothing":      {change(func(*interceptor.Error) {}), answer(0), true},
		"the cause":    {change(func(e *interceptor.Error) { e.Err = errors.New("mine") }), answer(0), false},
		"the kind":     {change(func(e *interceptor.Error) { e.Kind = interceptor.KindUnknown }), answer(503), false},
		"the response": {change(func(e *interceptor.Error) { e.Response = nil }), answer(503), false},
		"an explanation": {
			change(func(e *interceptor.Error) { e.Err = errors.New("mine") }), answer(503), false,
		},
		"beneath, the wire": {
			interceptor.Base{}, chain.New().Transport(answer(0)), true,
		},
		"beneath, a rejection": {interceptor.Base{}, chain.New(interceptor.Funcs{
			Request: func(_ *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
				return h.Reject(&interceptor.Error{Kind: interceptor.KindConnection, Err: io.EOF})
			},
		}).Transport(answer(0)), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var seen *interceptor.Error
			last := change(func(e *interceptor.Error) { seen = e })
			resp, err := chain.New(c.by, last).Transport(c.base).RoundTrip(newRequest(t.Context(), "https://a.example/").Request)
			if err == nil {
				_ = resp.Body.Close()
			}
			if seen == nil || seen.FromTransport() != c.still {
				t.Errorf("got %+v", seen)
			}
		})
	}
}

// TestError_origin: what the documentation of Error says that a chain puts into it.
func TestError_origin(t *testing.T) {
	t.Parallel()
	mine, left := errors.New("mine"), errors.New("the user left")
	canceled, cancel := context.WithCancelCause(t.Context())
	cancel(left)
	ended, end := context.WithCancel(t.Context())
	end()
	requestRejects := interceptor.Funcs{Request: func(_ *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
		return h.Reject(mine, interceptor.Through)
	}}
	dresses := interceptor.Funcs{Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
		return h.Reject(&interceptor.Error{Kind: interceptor.KindConnection, Request: req, Err: mine}, interceptor.Through)
	}}
	responseRejects := interceptor.Funcs{Response: func(_ *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict {
		return h.Reject(mine, interceptor.Through)
	}}
	replaces := interceptor.Funcs{Error: func(_ *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
		return h.Next(mine)
	}}
	typed := interceptor.Funcs{Error: func(_ *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
		return h.Next(&interceptor.Error{Kind: interceptor.KindTimeout, Err: mine})
	}}
	for _, c := range []struct {
		name   string
		ctx    context.Context
		by     interceptor.Interceptor
		base   answer
		kind   interceptor.Kind
		status int
		err    error
		wire   bool
	}{
		{name: "transport", kind: interceptor.KindConnection, err: io.ErrUnexpectedEOF, wire: true},
		{name: "status", base: 503, kind: interceptor.KindBadResponse, status: 503, wire: true},
		{name: "context", ctx: ended, base: 200, kind: interceptor.KindCanceled, err: context.Canceled},
		{name: "context with a cause", ctx: canceled, base: 200, kind: interceptor.KindCanceled, err: left},
		{name: "OnRequest", by: requestRejects, kind: interceptor.KindUnknown, err: mine},
		{name: "OnRequest with an Error", by: dresses, kind: interceptor.KindConnection, err: mine},
		{name: "OnResponse", by: responseRejects, base: 200, kind: interceptor.KindUnknown, status: 200, err: mine},
		{name: "OnError of a failure", by: replaces, kind: interceptor.KindConnection, err: mine},
		{name: "OnError of a status", by: replaces, base: 503, kind: interceptor.KindBadResponse, status: 503, err: mine},
		{name: "OnError with an Error", by: typed, base: 503, kind: interceptor.KindTimeout, status: 503, err: mine},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var seen *interceptor.Error
			last := interceptor.Funcs{Error: func(e *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
				seen = e
				return h.Next(e)
			}}
			if c.ctx == nil {
				c.ctx = t.Context()
			}
			if c.by == nil {
				c.by = interceptor.Base{}
			}
			req := newRequest(c.ctx, "https://a.example/").Request
			resp, err := chain.New(c.by, last).Transport(c.base).RoundTrip(req)
			if err == nil {
				_ = resp.Body.Close()
			}
			if seen == nil {
				t.Fatal("OnError did not run")
			}
			status := 0
			if seen.Response != nil {
				status = seen.Response.StatusCode
			}
			if seen.Kind != c.kind || status != c.status || seen.Request == nil || !errors.Is(seen.Err, c.err) || (seen.Err == nil) != (c.err == nil) {
				t.Errorf("got Kind %v, status %d, Request %v, Err %v", seen.Kind, status, seen.Request, seen.Err)
			}
			if got := seen.FromTransport(); got != c.wire {
				t.Errorf("FromTransport: %v, want %v", got, c.wire)
			}
		})
	}
}

// TestError_length: a server chooses the target of a redirect, and a cause may quote what it sent.
// Neither makes a message of arbitrary length, and a secret near the limit is still masked.
func TestError_length(t *testing.T) {
	t.Parallel()
	long := "https://a.example/" + strings.Repeat("x", 1<<20)
	cause := &url.Error{Op: "Get", URL: long + "?token=SECRET", Err: errors.New(strings.Repeat("y", 1<<20))}
	for name, e := range map[string]*interceptor.Error{
		"the URL":   {Kind: interceptor.KindConnection, Request: newRequest(t.Context(), long)},
		"the cause": {Kind: interceptor.KindConnection, Err: cause},
		"both":      {Kind: interceptor.KindConnection, Request: newRequest(t.Context(), long+"?token=SECRET"), Err: cause},
		"nested": {Kind: interceptor.KindConnection, Request: newRequest(t.Context(), long), Err: &interceptor.Error{
			Kind: interceptor.KindConnection, Request: newRequest(t.Context(), long), Err: cause,
		}},
	} {
		text := e.Error()
		if len(text) > 12<<10 || !strings.Contains(text, "…") || strings.Contains(text, "SECRET") {
			t.Errorf("%s: %d bytes, %.60s", name, len(text), text)
		}
	}
}
