package chain

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/chatelaine-go/chatelaine/interceptor"
)

// call is one call on its way through the chain, over all its attempts. It runs on the caller's goroutine.
type call struct {
	*transport

	list   []interceptor.Interceptor
	origin *http.Request // the caller's; never written to
	state  *interceptor.Call

	// What the call has come to: the request before it is sent, then a response or an error.
	req  *interceptor.Request
	resp *interceptor.Response
	err  *interceptor.Error

	natural  *interceptor.Error // the error the transport or the status gave; any other one was decided by someone
	rejected bool               // the error was decided by someone

	open   io.ReadCloser // body of the last response of the transport, until it is closed or given to the caller
	unsent io.Closer     // body of the request, until the transport takes it over
	next   io.ReadCloser // body for the next attempt
	after  time.Duration // how long the next attempt waits

	now *attempt
}

// attempt holds the copies that one attempt works on. A transport may still read them when it has returned, so the next
// attempt gets its own.
type attempt struct {
	http http.Request
	url  url.URL
	req  interceptor.Request
	resp interceptor.Response
	call interceptor.Call // of the first attempt, so that a call without retries costs one allocation
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

func (c *call) run() (*http.Response, error) {
	defer c.abandon()
	c.next = c.origin.Body
	for s := c.begin(); ; {
		switch s {
		case stepRequest:
			s = c.requestPhase()
		case stepSend:
			s = c.send()
		case stepResponse:
			s = c.responsePhase()
		case stepError:
			s = c.errorPhase()
		case stepRetry:
			s = c.retry()
		case stepReturn:
			return c.deliver(), nil
		case stepFail:
			return nil, c.fail()
		}
	}
}

// begin copies the caller's request for the next attempt.
func (c *call) begin() step {
	a := new(attempt)
	c.now = a
	if c.state == nil {
		c.state = &a.call
		c.state.Redirected = c.origin.Response != nil
	}
	c.state.Attempt++
	a.http = *c.origin
	if c.origin.URL != nil {
		a.url = *c.origin.URL
		a.http.URL = &a.url
	}
	a.http.Header = cloneHeader(c.origin.Header)
	a.http.Body = c.next
	c.unsent, c.next = c.next, nil
	a.req = c.state.Wrap(&a.http)
	c.req, c.resp, c.err, c.natural, c.rejected = &a.req, nil, nil, nil, false
	return stepRequest
}

// cloneHeader copies the map, and shares the values: nobody can append to one without moving it first.
func cloneHeader(h http.Header) http.Header {
	if len(h) == 0 {
		return make(http.Header)
	}
	c := maps.Clone(h)
	for k, v := range c {
		if cap(v) > len(v) {
			c[k] = slices.Clip(v)
		}
	}
	return c
}

// send passes the request to the base transport.
func (c *call) send() step {
	if err := c.origin.Context().Err(); err != nil {
		return c.interrupted()
	}
	c.unsent = nil                            // the transport closes it, even if it fails
	r, err := c.base.RoundTrip(c.req.Request) //nolint:bodyclose // deliver, discard or fail
	if r != nil && r.Body != http.NoBody {
		c.open = r.Body
	}
	switch {
	case err != nil:
		closeBody(c.open)
		c.open = nil
		c.err = &interceptor.Error{Kind: interceptor.KindOf(err), Request: c.req, Err: err}
		c.natural = c.err
		return stepError
	case r == nil:
		return c.fault("chain: the base transport returned neither a response nor an error")
	}
	c.resp = &c.now.resp
	c.resp.Response, c.resp.Request = r, c.req
	if !c.chain.config.IsError(r) {
		return stepResponse
	}
	c.err = &interceptor.Error{Kind: interceptor.KindBadResponse, Request: c.req, Response: c.resp}
	c.natural = c.err
	return stepError
}

// interrupted replaces what the call has come to by the end of its context.
func (c *call) interrupted() step {
	ctx := c.origin.Context()
	err := &interceptor.Error{Kind: interceptor.KindCanceled, Request: c.req, Err: context.Cause(ctx)}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err.Kind = interceptor.KindTimeout
	}
	if !errors.Is(err.Err, ctx.Err()) {
		err = err.WithCause(ctx.Err())
	}
	if c.err != nil {
		err = err.WithCause(c.err)
	}
	c.discard()
	c.resp, c.err, c.natural, c.rejected = nil, err, err, false
	return stepError
}

// fault fails the call because of a programming error.
func (c *call) fault(text string) step {
	c.err = &interceptor.Error{Request: c.req, Err: errors.New(text)}
	c.rejected = true
	return stepFail
}
