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

// call is one call on its way through the chain, over all its attempts. It lives on the stack of the caller's goroutine,
// which is why nothing may keep a pointer to it.
type call struct {
	*transport

	list   *list
	origin *http.Request // the caller's; never written to

	// What the call has come to: the request before it is sent, then a response or an error.
	req  *interceptor.Request
	resp *interceptor.Response
	err  *interceptor.Error

	natural  *interceptor.Error // the error that the transport, the status or the context gave
	rejected bool               // an interceptor made it fail

	bodies bodies
	unsent io.ReadCloser // body of the request, until the transport takes it over
	next   io.ReadCloser // body for the next attempt
	after  time.Duration // how long the next attempt waits

	state *interceptor.Call
	now   *attempt
}

// attempt is what one attempt works on and interceptors see, in one allocation. A transport may still read the request
// when it has returned, so the next attempt gets its own.
type attempt struct {
	http  http.Request
	req   interceptor.Request
	resp  interceptor.Response
	state interceptor.Call // of the whole call; that of the first attempt is the one in use
}

// attemptURL is an attempt with a URL of its own.
type attemptURL struct {
	attempt

	url url.URL
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
	a := c.newAttempt()
	if c.state == nil {
		c.state = &a.state
		c.state.Redirected = c.origin.Response != nil
	}
	c.state.Attempt++
	a.http.Body = c.next
	c.unsent, c.next = c.next, nil
	a.req = c.state.Wrap(&a.http)
	c.now, c.req, c.resp, c.err, c.natural, c.rejected = a, &a.req, nil, nil, nil, false
	return stepRequest
}

// newAttempt copies the caller's request as far as the interceptors may write into it. The values of headers are shared in any
// case, but nobody who may write can append to one without moving it first.
func (c *call) newAttempt() *attempt {
	if c.list.sharing {
		a := new(attempt)
		a.copy(c.origin)
		return a
	}
	a := new(attemptURL)
	a.copy(c.origin)
	if c.origin.URL != nil {
		a.url = *c.origin.URL
		a.http.URL = &a.url
	}
	for k, v := range a.http.Header {
		if cap(v) > len(v) {
			a.http.Header[k] = slices.Clip(v)
		}
	}
	return &a.attempt
}

// copy copies the request, and the map of its header.
func (a *attempt) copy(r *http.Request) {
	a.http = *r
	if len(r.Header) == 0 {
		a.http.Header = make(http.Header)
		return
	}
	a.http.Header = maps.Clone(r.Header)
}

// send passes the request to the base transport.
func (c *call) send() step {
	r, err := c.base.RoundTrip(c.req.Request) //nolint:bodyclose // deliver, discard or fail
	c.unsent = nil                            // the transport closes it, even if it fails; after a panic abandon does
	if r != nil {
		c.bodies.hold(r.Body)
	}
	switch {
	case err != nil:
		c.bodies.close()
		c.err = &interceptor.Error{Kind: interceptor.KindOf(err), Request: c.req, Err: err}
		c.natural = c.err
		if c.done() && !errors.Is(err, c.origin.Context().Err()) {
			return c.interrupted() // net/http fails with the cause of the cancellation alone
		}
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

// done tells whether the caller's context is.
func (c *call) done() bool { return c.origin.Context().Err() != nil }

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
