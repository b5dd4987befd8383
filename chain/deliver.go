package chain

import (
	"bytes"
	"io"
	"net/http"
	"time"

	"github.com/chatelaine-go/chatelaine/interceptor"
)

// deliver gives the response to the caller, who closes its body.
func (c *call) deliver() *http.Response {
	r := c.resp.Response
	if r.Body == nil || r.Body == http.NoBody {
		c.bodies.drain()
		r.Body = http.NoBody
		return r
	}
	c.bodies.hold(r.Body) // an interceptor may have replaced it in place
	r.Body = c.bodies.release()
	return r
}

// fail gives the error to the caller and frees the connection.
func (c *call) fail() error {
	c.holdReplaced()
	if r := c.err.Response; r != nil && r.Response != nil && c.owns(r) {
		c.keep(r)
	}
	c.bodies.drain()
	if c.rejected || c.natural.Kind == interceptor.KindBadResponse {
		return &rejection{c.err}
	}
	return c.err // a failure of the transport, perhaps under another name
}

// owns tells whether r belongs to this call; one of another call, whose error was handed to this one too, is not ours to
// touch.
func (c *call) owns(r *interceptor.Response) bool {
	return r == c.resp || r.Request == c.req || c.bodies.last != nil && same(r.Body, c.bodies.last)
}

// The limits on the body that an error keeps for the caller.
const (
	errorBodyLimit = 64 << 10
	keepTime       = 5 * time.Second
)

// keep replaces the body of r by its first 64 KiB.
func (c *call) keep(r *interceptor.Response) {
	if r.Body == nil || r.Body == http.NoBody {
		return
	}
	c.bodies.hold(r.Body)
	// What the transport gave may be closed while it is read; what interceptors made of it, perhaps not.
	first := c.bodies.first()
	slow := time.AfterFunc(keepTime, func() { closeBody(first) })
	defer slow.Stop()
	if head, err := r.Peek(errorBodyLimit); err == nil {
		r.Body = io.NopCloser(bytes.NewReader(head))
	}
}

// discard gives the current response up.
func (c *call) discard() {
	c.holdReplaced()
	c.bodies.drain()
}

// holdReplaced holds a body that an interceptor put into the current response without a verdict about it.
func (c *call) holdReplaced() {
	if c.resp != nil && c.resp.Response != nil {
		c.bodies.hold(c.resp.Body)
	}
}

// abandon closes what a call leaves behind that neither caller nor transport will close: on a panic everything, else
// the request that was never sent.
func (c *call) abandon() {
	c.dropRequest()
	closeBody(c.next)
	if c.bodies.last != nil {
		c.holdReplaced()
		c.bodies.close()
	}
}

// dropRequest closes the body of a request that was not sent, and the one an interceptor put in its place.
func (c *call) dropRequest() {
	if c.unsent == nil {
		return
	}
	if body := c.req.Body; body != nil && !same(body, c.unsent) {
		closeBody(body)
	}
	closeBody(c.unsent)
	c.unsent = nil
}

// rejection marks an error that somebody decided on, an interceptor or the server. It is not to be retried by resty.
type rejection struct{ err *interceptor.Error }

// Error returns the message of the error.
func (r *rejection) Error() string { return r.err.Error() }

// Unwrap returns the error.
func (r *rejection) Unwrap() error { return r.err }

// Timeout tells whether time ran out.
func (r *rejection) Timeout() bool { return r.err.Timeout() }
