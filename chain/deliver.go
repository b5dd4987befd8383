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
	if c.discarded != nil {
		c.discarded.addTo(r)
	}
	if r.Body == nil || r.Body == http.NoBody {
		c.bodies.drain()
		if r.Body == nil {
			r.Body = http.NoBody
		}
		return r
	}
	c.bodies.add(r.Body) // an interceptor may have replaced it in place
	r.Body = c.bodies.release()
	return r
}

// fail gives the error to the caller and frees the connection.
func (c *call) fail() error {
	c.addReplaced()
	if r := c.err.Response; c.owns(r) {
		c.bufferErrorBody(r)
		c.keepCookies(r)
	}
	c.bodies.drain()
	c.saveCookies()
	// What remains is a failure of the transport, perhaps under another name.
	rejected := c.failedByInterceptor || c.wire.kind == interceptor.KindBadResponse
	return &failure{err: c.err, rejected: rejected}
}

// owns reports whether r is a response of this call. A response of another call, whose error was
// used for this one too, must not be touched.
func (c *call) owns(r *interceptor.Response) bool {
	return r != nil && r.Response != nil &&
		(r == c.resp || r.Request == c.req || c.bodies.last != nil && same(r.Body, c.bodies.last))
}

// The limits on the body that an error keeps for the caller.
const (
	errorBodyLimit = 64 << 10
	errorBodyTime  = 5 * time.Second
)

// bufferErrorBody replaces the body of r by its first 64 KiB.
func (c *call) bufferErrorBody(r *interceptor.Response) {
	if r.Body == nil || r.Body == http.NoBody {
		return
	}
	c.bodies.add(r.Body)
	// What the transport returned may be closed while it is read; the bodies of interceptors
	// perhaps not.
	first := c.bodies.first()
	slow := time.AfterFunc(errorBodyTime, func() { closeBody(first) })
	defer slow.Stop()
	head, err := io.ReadAll(io.LimitReader(r.Body, errorBodyLimit))
	rest := io.Reader(bytes.NewReader(head))
	if err != nil {
		rest = io.MultiReader(rest, failingReader{err})
	}
	r.Body = io.NopCloser(rest)
}

type failingReader struct{ err error }

// Read returns the error.
func (f failingReader) Read([]byte) (int, error) { return 0, f.err }

// discard gives the current response up.
func (c *call) discard() {
	c.addReplaced()
	if c.resp != nil && c.resp.Response != nil {
		c.keepCookies(c.resp)
	}
	c.bodies.drain()
}

// adopt makes the call close the body of r, besides those that it has to close already.
func (c *call) adopt(r *interceptor.Response) {
	c.addReplaced()
	c.bodies.add(r.Body)
}

// addReplaced adds a body that an interceptor put into the current response without a verdict about
// it.
func (c *call) addReplaced() {
	if c.resp != nil && c.resp.Response != nil {
		c.bodies.add(c.resp.Body)
	}
}

// abandon closes what a call leaves behind and neither caller nor transport closes: the request
// that was never sent, and on a panic everything else.
func (c *call) abandon() {
	c.dropRequest()
	closeBody(c.next.body)
	if c.ended == stepRequest { // a panic
		c.addReplaced()
		c.bodies.close()
	}
}

// dropRequest closes the body of a request that was not sent, and the one an interceptor put in its
// place.
func (c *call) dropRequest() {
	if c.spent {
		return
	}
	c.spent = true
	if r := c.req.Request; r != nil && !same(r.Body, c.body) { // nil: an interceptor has emptied it
		closeBody(r.Body)
	}
	closeBody(c.body)
}

// failure is an error on its way to the caller. Its message leaves out method and URL, which
// [*url.Error] puts before it.
type failure struct {
	err      *interceptor.Error
	rejected bool // an interceptor or the server decided on it: resty must not retry it
}

// Error returns the message.
func (f *failure) Error() string {
	bare := *f.err
	bare.Origin.Bare = true
	return bare.Error()
}

// Unwrap returns the error.
func (f *failure) Unwrap() error { return f.err }

// Timeout reports whether time ran out.
func (f *failure) Timeout() bool { return f.err.Timeout() }
