package chain

import (
	"errors"
	"fmt"
	"time"

	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/internal/engine"
)

func (c *call) requestPhase() step {
	ctx := c.orig.Context()
	for i, in := range c.list.all {
		if ctx.Err() != nil {
			return c.interrupted()
		}
		v := engine.Verdict(in.OnRequest(c.req, interceptor.RequestHandler{}))
		if v.Phase() != engine.OnRequest {
			return c.invalidVerdict(i, engine.OnRequest)
		}
		switch v.Action() {
		case engine.Next:
			req, _ := v.Value().(*interceptor.Request)
			if req == nil || req.Request == nil {
				return c.invalidVerdict(i, engine.OnRequest)
			}
			if req.Call == nil { // made by hand: what it stores must not be lost with it
				req.Call = c.state
			}
			if req != c.req {
				c.req = req
			}
		case engine.Resolve:
			return c.resolve(i, v)
		default:
			return c.reject(i, v)
		}
	}
	if ctx.Err() != nil {
		return c.interrupted()
	}
	return stepSend
}

func (c *call) responsePhase() step {
	ctx := c.orig.Context()
	for n := range c.list.all {
		if ctx.Err() != nil {
			return c.interrupted()
		}
		i := c.returnIndex(n)
		v := engine.Verdict(c.list.all[i].OnResponse(c.resp, interceptor.ResponseHandler{}))
		if v.Phase() != engine.OnResponse {
			return c.invalidVerdict(i, engine.OnResponse)
		}
		switch v.Action() {
		case engine.Next:
			if !c.accept(responseOf(v)) {
				return c.invalidVerdict(i, engine.OnResponse)
			}
		case engine.Resolve:
			return c.resolve(i, v)
		case engine.Retry:
			if c.mayRetry(afterOf(v)) {
				return stepRetry
			}
		default:
			return c.reject(i, v)
		}
	}
	return stepReturn
}

func (c *call) errorPhase() step {
	for n := range c.list.all {
		if ctx := c.orig.Context(); ctx.Err() != nil && !errors.Is(c.err, ctx.Err()) {
			c.interrupted() // while the interceptor before this one was at work
		}
		i := c.returnIndex(n)
		v := engine.Verdict(c.list.all[i].OnError(c.err, interceptor.ErrorHandler{}))
		if v.Phase() != engine.OnError {
			return c.invalidVerdict(i, engine.OnError)
		}
		switch v.Action() {
		case engine.Next:
			if errorOf(v) == nil {
				return c.invalidVerdict(i, engine.OnError)
			}
			c.take(errorOf(v))
		case engine.Resolve:
			return c.resolve(i, v)
		case engine.Retry:
			if c.mayRetry(afterOf(v)) {
				return stepRetry
			}
		default:
			return c.reject(i, v)
		}
	}
	if c.unhandled() {
		return stepReturn
	}
	return stepFail
}

// returnIndex returns the index of the n-th interceptor on the way back.
func (c *call) returnIndex(n int) int {
	if c.chain.config.ReturnOrder == Reverse {
		return len(c.list.all) - 1 - n
	}
	return n
}

func responseOf(v engine.Verdict) *interceptor.Response {
	r, _ := v.Value().(*interceptor.Response)
	return r
}

// errorOf returns the error of a verdict. A nil *Error is nil.
func errorOf(v engine.Verdict) error {
	if e, ok := v.Value().(*interceptor.Error); ok && e == nil {
		return nil
	}
	err, _ := v.Value().(error)
	return err
}

func afterOf(v engine.Verdict) time.Duration {
	d, _ := v.Value().(time.Duration)
	return d
}

func (c *call) resolve(i int, v engine.Verdict) step {
	if !c.accept(responseOf(v)) {
		return c.invalidVerdict(i, v.Phase())
	}
	if v.Through() {
		return stepResponse
	}
	return stepReturn
}

func (c *call) reject(i int, v engine.Verdict) step {
	err := errorOf(v)
	if err == nil {
		return c.invalidVerdict(i, v.Phase())
	}
	c.take(err)
	c.failedByInterceptor = true
	if v.Through() {
		return stepError
	}
	return stepFail
}

// accept makes r the response of the call. It reports false if r has none.
func (c *call) accept(r *interceptor.Response) bool {
	if r == nil || r.Response == nil {
		return false
	}
	if r != c.resp {
		c.adopt(r)
		c.resp = r
	}
	if r.Request == nil {
		r.Request = c.req
	}
	return true
}

// take makes err, which an interceptor returned, the error of the call. What it replaces stays a
// cause.
func (c *call) take(err error) {
	e, ok := err.(*interceptor.Error) //nolint:errorlint // a wrapper must stay visible to the caller
	if !ok {
		e = &interceptor.Error{Kind: interceptor.KindOf(err), Err: err}
		if c.err != nil && e.Kind == interceptor.KindUnknown {
			e.Kind = c.err.Kind
		}
	}
	if e == c.err {
		if !c.wire.unchanged(e) {
			e.Origin.Transport = false
		}
		return
	}
	e = c.complete(e)
	if r := e.Response; r != c.resp && c.owns(r) {
		c.adopt(r) // a later interceptor may take r off the error, or retry
	}
	if c.err != nil && !errors.Is(e, c.err) {
		e.Origin = e.Origin.With(c.err)
	}
	c.err = e
}

// complete returns e with request and response, as a copy: e may be shared by several calls, and
// the caller must find it by [errors.Is].
func (c *call) complete(e *interceptor.Error) *interceptor.Error {
	f := *e
	f.Origin = e.Origin.With(e)
	f.Origin.Transport = false
	if f.Request == nil {
		f.Request = c.req
	}
	if f.Response == nil {
		f.Response = c.resp
	}
	return &f
}

// unhandled reports whether the error is the status of the response, and no interceptor handled it.
func (c *call) unhandled() bool {
	return !c.chain.config.ErrorOnBadStatus && !c.failedByInterceptor && c.err == c.wire.err &&
		c.err.Kind == interceptor.KindBadResponse && c.err.Err == nil && c.accept(c.err.Response)
}

// invalidVerdict fails the call because interceptor i returned a verdict that p does not allow.
func (c *call) invalidVerdict(i int, p engine.Phase) step {
	return c.fault(fmt.Sprintf("chain: %s of interceptor %d (%s) returned no verdict of its "+
		"handler; return h.Next, h.Resolve, h.Reject or h.Retry with a non-nil argument",
		p, i, name(c.list.all[i])))
}

func name(i interceptor.Interceptor) string {
	if s, ok := i.(fmt.Stringer); ok {
		return s.String()
	}
	return fmt.Sprintf("%T", i)
}
