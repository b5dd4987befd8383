package chain

import (
	"bytes"
	"io"
	"net/http"
	"time"

	"github.com/chatelaine-go/chatelaine/interceptor"
)

// The limits on the body that an error keeps for the caller.
const (
	errorBodyLimit = 64 << 10
	keepTime       = 5 * time.Second
)

// deliver gives the response to the caller, who closes its body.
func (c *call) deliver() *http.Response {
	r := c.resp.Response
	if r.Body == nil {
		r.Body = http.NoBody
	}
	if c.open != nil && !same(r.Body, c.open) {
		r.Body = &tied{ReadCloser: r.Body, under: c.open}
	}
	c.open = nil
	return r
}

// tied is a body that an interceptor put in the place of another one. It may read from the other or not, so the other
// is closed when it is.
type tied struct {
	io.ReadCloser
	under io.ReadCloser
}

// Close closes both bodies.
func (t *tied) Close() error {
	err := t.ReadCloser.Close()
	drain(t.under)
	return err
}

// fail gives the error to the caller and frees the connection.
func (c *call) fail() error {
	if c.open != nil {
		if r := c.err.Response; r != nil && r.Response != nil && r.Body != nil && c.err.Request == c.req {
			keep(r)
		}
		c.discard()
	}
	if c.rejected || c.err.Kind == interceptor.KindBadResponse {
		return &rejection{c.err}
	}
	return c.err
}

// keep replaces the body of r by its first 64 KiB.
func keep(r *interceptor.Response) {
	body := r.Body
	slow := time.AfterFunc(keepTime, func() { closeBody(body) })
	head, err := r.Peek(errorBodyLimit)
	slow.Stop()
	closeBody(body)
	if err == nil {
		r.Body = io.NopCloser(bytes.NewReader(head))
	}
}

// same compares bodies; those of a type that cannot be compared, for which == panics, are taken for different.
func same(a, b io.ReadCloser) (eq bool) {
	defer func() { eq = recover() == nil && eq }()
	return a == b
}

// rejection marks an error that an interceptor decided on, which is not to be retried by anyone.
type rejection struct{ err *interceptor.Error }

// Error returns the message of the error.
func (r *rejection) Error() string { return r.err.Error() }

// Unwrap returns the error.
func (r *rejection) Unwrap() error { return r.err }

// Timeout tells whether time ran out.
func (r *rejection) Timeout() bool { return r.err.Timeout() }
