package chain

import (
	"io"
	"net/http"
	"time"
)

// mayRetry tells whether the call can be sent again after d, and gets the body for it. It comes before anything of the
// current response is given up, because where it says no that response goes to the caller.
func (c *call) mayRetry(d time.Duration) bool {
	ctx := c.origin.Context()
	if int(c.state.Attempt) >= c.chain.config.MaxAttempts || ctx.Err() != nil {
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
	closeBody(c.unsent)
	c.unsent = nil
	if c.after > 0 {
		timer := time.NewTimer(c.after)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-c.origin.Context().Done():
			closeBody(c.next)
			c.next = nil
			return c.interrupted()
		}
	}
	return c.begin()
}

// The limits on what is read of a body nobody wants, to save its connection.
const (
	drainLimit = 64 << 10
	drainTime  = time.Second
)

// discard reads the open body to its end, within limits, and closes it.
func (c *call) discard() {
	if c.open == nil {
		return
	}
	drain(c.open)
	c.open = nil
}

func drain(body io.ReadCloser) {
	if body == http.NoBody {
		return
	}
	defer closeBody(body)
	slow := time.AfterFunc(drainTime, func() { closeBody(body) })
	defer slow.Stop()
	_, _ = io.CopyN(io.Discard, body, drainLimit)
}

func closeBody(b io.Closer) {
	if b != nil {
		_ = b.Close()
	}
}

// abandon closes what a call leaves behind that neither caller nor transport will close: on a panic everything, else
// the request that was never sent.
func (c *call) abandon() {
	closeBody(c.unsent)
	closeBody(c.next)
	if c.open != nil {
		closeBody(c.open)
	}
}
