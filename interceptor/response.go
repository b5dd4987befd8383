package interceptor

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
)

// Response is the response to one send, or one that an interceptor made with [NewResponse].
//
// The chain closes the body of every Response that does not reach the caller. The zero Response has
// no body, and no verdict accepts it.
type Response struct {
	*http.Response

	// Request is the request as it was sent; it hides the field of [http.Response]. Do not change
	// it: the transport may still be sending it.
	Request *Request
}

// NewResponse returns a response held in memory, for Resolve. Header and body are not copied; each
// may be nil. So may req, which the chain then fills in. The status is not checked: a response
// given to Resolve is a success whatever its status.
func NewResponse(req *Request, status int, header http.Header, body []byte) *Response {
	if header == nil {
		header = make(http.Header)
	}
	r := &http.Response{
		Status:        strconv.Itoa(status) + " " + http.StatusText(status),
		StatusCode:    status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        header,
		ContentLength: int64(len(body)),
		Body:          io.NopCloser(bytes.NewReader(body)),
	}
	if req != nil {
		r.Request = req.Request
	}
	return &Response{Response: r, Request: req}
}
