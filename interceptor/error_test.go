package interceptor_test

import (
	"context"
	"errors"
	"io"
	"net/http"
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
		ctx    context.Context //nolint:containedctx // one for each row
		by     interceptor.Interceptor
		base   answer
		kind   interceptor.Kind
		status int
		err    error
		cause  bool
	}{
		{name: "transport", kind: interceptor.KindConnection, err: io.ErrUnexpectedEOF},
		{name: "status", base: 503, kind: interceptor.KindBadResponse, status: 503},
		{name: "context", ctx: ended, base: 200, kind: interceptor.KindCanceled, err: context.Canceled},
		{name: "context with a cause", ctx: canceled, base: 200, kind: interceptor.KindCanceled, err: left, cause: true},
		{name: "OnRequest", by: requestRejects, kind: interceptor.KindUnknown, err: mine, cause: true},
		{name: "OnRequest with an Error", by: dresses, kind: interceptor.KindConnection, err: mine, cause: true},
		{name: "OnResponse", by: responseRejects, base: 200, kind: interceptor.KindUnknown, status: 200, err: mine, cause: true},
		{name: "OnError of a failure", by: replaces, kind: interceptor.KindConnection, err: mine, cause: true},
		{name: "OnError of a status", by: replaces, base: 503, kind: interceptor.KindBadResponse, status: 503, err: mine, cause: true},
		{name: "OnError with an Error", by: typed, base: 503, kind: interceptor.KindTimeout, status: 503, err: mine, cause: true},
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
			if cause := seen.As(new(error)); cause != c.cause {
				t.Errorf("As tells of a cause: %v, want %v", cause, c.cause)
			}
		})
	}
}
