package chain

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/internal/engine"
)

// call is one call on its way through the chain, over all its attempts. It lives on the stack of
// the caller's goroutine, which is why nothing may keep a pointer to it.
//
// A method writes a pointer only to change it. The compiler cannot know that the call is on a
// stack, and while the collector runs, each write of a pointer that may be on the heap costs 5 ns.
type call struct {
	*transport

	list *list
	orig *http.Request // the caller's; never written to

	// The current state of the call: the request before it is sent, then a response or an error.
	req  *interceptor.Request
	resp *interceptor.Response
	err  *interceptor.Error

	wire                wireError
	failedByInterceptor bool
	ended               step // stepReturn or stepFail, once the result is ready

	bodies bodies
	body   io.ReadCloser // of the request
	spent  bool          // body is closed, or the transport has it, which closes it even if it fails

	next retry
	// discarded collects the cookies of responses that a retry gave up; nil without any.
	discarded *cookies

	state *engine.Call
	now   *attempt
}

// wireError is the error that the transport, the status or the context caused, as it was when it
// arose.
type wireError struct {
	err      *interceptor.Error
	kind     interceptor.Kind
	response *interceptor.Response
	cause    error
}

// unchanged reports whether e is still that error, and no interceptor has written into it.
func (w *wireError) unchanged(e *interceptor.Error) bool {
	return e == w.err && e.Kind == w.kind && e.Response == w.response && same(e.Err, w.cause)
}

// step is what a call does next.
type step uint8

const (
	stepRequest step = iota
	stepSend
	stepResponse
	stepError
	stepRetry
	stepReturn // with resp
	stepFail   // with err
)

// end closes what is left, and tells the interceptors that want to know. It also runs on a panic.
func (c *call) end() {
	if len(c.list.finishers) > 0 {
		defer c.finish(c.list.finishers)
	}
	c.abandon()
}

// send passes the request to the base transport.
func (c *call) send() step {
	r, err := c.base.RoundTrip(c.req.Request) //nolint:bodyclose // deliver, discard or fail
	c.spent = true
	if r != nil && r.Body != nil && r.Body != http.NoBody {
		c.bodies.add(r.Body)
		c.state.Body = r.Body
	}
	switch {
	case err != nil:
		c.bodies.close()
		c.failed(&interceptor.Error{Kind: interceptor.KindOf(err), Request: c.req, Err: err})
		c.err.Origin.Transport = !c.done() && fromTransport(err)
		if c.done() && !errors.Is(err, c.orig.Context().Err()) {
			return c.interrupted() // net/http fails with the cause of the cancellation alone
		}
		return stepError
	case r == nil:
		return c.fault("chain: the base transport returned neither a response nor an error")
	}
	c.resp = &c.now.resp
	c.resp.Response, c.resp.Request = r, c.req
	if !c.chain.isError(r) {
		return stepResponse
	}
	c.failed(&interceptor.Error{
		Kind: interceptor.KindBadResponse, Request: c.req, Response: c.resp,
		Origin: engine.Origin{Transport: true},
	})
	return stepError
}

// fromTransport reports whether err, which the base transport returned, arose in a transport. Where
// the base is a chain itself, an interceptor of that chain may have made it.
func fromTransport(err error) bool {
	inner, ok := errors.AsType[*interceptor.Error](err)
	return !ok || inner.FromTransport()
}

// failed makes e the error of the call, caused by the transport, the status or the context.
func (c *call) failed(e *interceptor.Error) {
	c.err = e
	c.wire = wireError{e, e.Kind, e.Response, e.Err}
}

// done reports whether the caller's context is done.
func (c *call) done() bool { return c.orig.Context().Err() != nil }

// interrupted replaces the state of the call by the end of its context.
func (c *call) interrupted() step {
	ctx := c.orig.Context()
	err := &interceptor.Error{
		Kind: interceptor.KindCanceled, Request: c.req, Err: context.Cause(ctx),
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err.Kind = interceptor.KindTimeout
	}
	if !errors.Is(err.Err, ctx.Err()) {
		err.Origin = err.Origin.With(ctx.Err())
	}
	if c.err != nil {
		err.Origin = err.Origin.With(c.err)
	}
	c.discard()
	c.resp, c.failedByInterceptor = nil, false
	c.failed(err)
	return stepError
}

// fault fails the call because of a programming error.
func (c *call) fault(text string) step {
	c.err = &interceptor.Error{Request: c.req, Err: errors.New(text)}
	c.failedByInterceptor = true
	return stepFail
}
