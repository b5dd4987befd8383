package chain

import (
	"errors"
	"fmt"

	"github.com/chatelaine-go/chatelaine/interceptor"
)

func (c *call) requestPhase() step {
	for i, in := range c.list.all {
		if c.done() {
			return c.interrupted()
		}
		v := in.OnRequest(c.req, interceptor.RequestHandler{})
		if v.Phase() != interceptor.PhaseRequest {
			return c.misused(i, interceptor.PhaseRequest)
		}
		switch v.Action() {
		case interceptor.ActionNext:
			if v.Request() == nil || v.Request().Request == nil {
				return c.misused(i, interceptor.PhaseRequest)
			}
			c.req = v.Request()
		case interceptor.ActionResolve:
			return c.resolve(i, v)
		default:
			return c.reject(i, v)
		}
	}
	if c.done() {
		return c.interrupted()
	}
	return stepSend
}

func (c *call) responsePhase() step {
	for n := range c.list.all {
		if c.done() {
			return c.interrupted()
		}
		i := c.returning(n)
		v := c.list.all[i].OnResponse(c.resp, interceptor.ResponseHandler{})
		if v.Phase() != interceptor.PhaseResponse {
			return c.misused(i, interceptor.PhaseResponse)
		}
		switch v.Action() {
		case interceptor.ActionNext:
			if !c.accept(v.Response()) {
				return c.misused(i, interceptor.PhaseResponse)
			}
		case interceptor.ActionResolve:
			return c.resolve(i, v)
		case interceptor.ActionRetry:
			if c.mayRetry(v.After()) {
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
		if ctx := c.origin.Context(); ctx.Err() != nil && !errors.Is(c.err, ctx.Err()) {
			c.interrupted() // while the interceptor before this one was at work
		}
		i := c.returning(n)
		v := c.list.all[i].OnError(c.err, interceptor.ErrorHandler{})
		if v.Phase() != interceptor.PhaseError {
			return c.misused(i, interceptor.PhaseError)
		}
		switch v.Action() {
		case interceptor.ActionNext:
			if v.Err() == nil {
				return c.misused(i, interceptor.PhaseError)
			}
			c.take(v.Err())
		case interceptor.ActionResolve:
			return c.resolve(i, v)
		case interceptor.ActionRetry:
			if c.mayRetry(v.After()) {
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

// returning is the index of the n-th interceptor on the way back.
func (c *call) returning(n int) int {
	if c.chain.config.ReturnOrder == Reverse {
		return len(c.list.all) - 1 - n
	}
	return n
}

func (c *call) resolve(i int, v interceptor.Verdict) step {
	if !c.accept(v.Response()) {
		return c.misused(i, v.Phase())
	}
	if v.Through() {
		return stepResponse
	}
	return stepReturn
}

func (c *call) reject(i int, v interceptor.Verdict) step {
	if v.Err() == nil {
		return c.misused(i, v.Phase())
	}
	c.take(v.Err())
	c.rejected = true
	if v.Through() {
		return stepError
	}
	return stepFail
}

// accept makes r the response of the call; false if it is none.
func (c *call) accept(r *interceptor.Response) bool {
	if r == nil || r.Response == nil {
		return false
	}
	if r != c.resp {
		c.holdReplaced()
		c.bodies.hold(r.Body)
		c.resp = r
	}
	if r.Request == nil {
		r.Request = c.req
	}
	return true
}

// take makes err the error of the call. One that hides the error or response there was keeps it as a cause; one that an
// interceptor made has a cause in any case, which tells it from the wire's.
func (c *call) take(err error) {
	e, ok := err.(*interceptor.Error) //nolint:errorlint // a wrapper around an Error must stay visible to the caller
	if !ok {
		e = &interceptor.Error{Kind: interceptor.KindOf(err), Err: err}
		if c.err != nil && e.Kind == interceptor.KindUnknown {
			e.Kind = c.err.Kind
		}
	}
	if e == c.err {
		return
	}
	e = c.complete(e)
	if c.err != nil && !errors.Is(e, c.err) {
		e = e.WithCause(c.err)
	}
	c.err = e
}

// complete returns e with request and response, as a copy: e may be shared by several calls.
func (c *call) complete(e *interceptor.Error) *interceptor.Error {
	f := e.WithCause(e)
	if f.Request == nil {
		f.Request = c.req
	}
	if f.Response == nil {
		f.Response = c.resp
	}
	return f
}

// unhandled tells whether the error is the status of the response and nobody made it another's business.
func (c *call) unhandled() bool {
	return !c.chain.config.ErrorOnBadStatus && !c.rejected && c.err == c.natural &&
		c.err.Kind == interceptor.KindBadResponse && c.err.Err == nil && c.accept(c.err.Response)
}

// misused fails the call because interceptor i returned a verdict that is none.
func (c *call) misused(i int, p interceptor.Phase) step {
	return c.fault(fmt.Sprintf("chain: %s of interceptor %d (%s) returned no verdict of its handler; "+
		"return h.Next, h.Resolve, h.Reject or h.Retry with a non-nil argument", p, i, name(c.list.all[i])))
}

func name(i interceptor.Interceptor) string {
	if s, ok := i.(fmt.Stringer); ok {
		return s.String()
	}
	return fmt.Sprintf("%T", i)
}
