package chain

import (
	"net/http"
	"time"
)

// mayRetry tells whether the call can be sent again after d, and gets the body for it. It comes before anything of the
// current response is given up, because where it says no that response goes to the caller.
func (c *call) mayRetry(d time.Duration) bool {
	ctx := c.origin.Context()
	if c.state.Attempt >= c.chain.config.MaxAttempts || ctx.Err() != nil {
		return false
	}
	if deadline, ok := ctx.Deadline(); ok && d > 0 && time.Until(deadline) <= d {
		return false
	}
	c.after, c.next = d, c.origin.Body
	if c.origin.Body == nil || c.origin.Body == http.NoBody {
		return true
	}
	c.next = nil
	if c.origin.GetBody == nil {
		return false
	}
	body, err := c.origin.GetBody()
	if err != nil {
		return false
	}
	c.next = body
	return true
}

// retry gives the current response up, waits, and begins anew.
func (c *call) retry() step {
	c.discard()
	c.dropRequest()
	if c.after > 0 {
		timer := time.NewTimer(c.after)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-c.origin.Context().Done():
			return c.interrupted()
		}
	}
	return c.begin()
}
