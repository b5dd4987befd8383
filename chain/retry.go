package chain

import (
	"io"
	"net/http"
	"time"

	"github.com/chatelaine-go/chatelaine/interceptor"
)

// retry is what the next attempt needs.
type retry struct {
	body  io.ReadCloser
	after time.Duration // how long it waits
}

// mayRetry reports whether the call can be sent again after d, and gets the body for it. It runs
// before anything of the current response is given up, because if it reports false that response
// goes to the caller.
func (c *call) mayRetry(d time.Duration) bool {
	ctx := c.orig.Context()
	if int(c.state.Attempt) >= c.chain.maxAttempts() || ctx.Err() != nil {
		return false
	}
	if deadline, ok := ctx.Deadline(); ok && d > 0 && time.Until(deadline) <= d {
		return false
	}
	c.next = retry{body: c.orig.Body, after: d}
	if c.orig.Body == nil || c.orig.Body == http.NoBody {
		return true
	}
	c.next.body = nil
	if c.orig.GetBody == nil {
		return false
	}
	body, err := c.orig.GetBody()
	if err != nil {
		return false
	}
	c.next.body = body
	return true
}

// retry gives up the current response, waits, and begins the next attempt.
func (c *call) retry() step {
	c.discard()
	c.dropRequest()
	if c.next.after > 0 {
		timer := time.NewTimer(c.next.after)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-c.orig.Context().Done():
			return c.interrupted()
		}
	}
	c.again()
	return stepRequest
}

// again copies the caller's request for the next attempt.
func (c *call) again() {
	a := c.list.newAttempt(c.orig)
	a.http.Body = c.next.body
	a.req = interceptor.Request{Request: &a.http, Call: c.state}
	if c.discarded != nil {
		c.discarded.sendWith(&a.http)
	}
	c.state.Attempt++
	c.state.Body = nil
	c.now, c.req, c.resp, c.err = a, &a.req, nil, nil
	c.wire, c.failedByInterceptor = wireError{}, false
	c.body, c.next.body, c.spent = c.next.body, nil, false
}
