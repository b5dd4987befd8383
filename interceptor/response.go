package interceptor

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
)

// Response is the answer to one send, or one that an interceptor made with [NewResponse].
//
// The chain closes the body of every Response that does not reach the caller.
type Response struct {
	*http.Response

	// Request is the request it answers, as it was sent; it hides the field of [http.Response]. Do not change it: the
	// transport may still be sending it.
	Request *Request
}

// NewResponse makes a response in memory, for Resolve. Header and body are not copied; each may be nil, and so may req,
// which the chain fills in. Status is not checked: what is given to Resolve is a success, whatever its status.
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

// Peek returns up to n bytes from the start of the body, which the next reader still reads whole. A body shorter than n
// is returned whole, with a nil error. Of one that breaks off it returns what came and the error, which the next reader
// meets at the same place.
func (r *Response) Peek(n int64) ([]byte, error) {
	if r.Response == nil || r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	head, err := io.ReadAll(io.LimitReader(r.Body, n))
	rest := io.Reader(r.Body)
	if err != nil {
		rest = failingReader{err}
	}
	r.Body = &peeked{Reader: io.MultiReader(bytes.NewReader(head), rest), Closer: r.Body}
	return head, err
}

type peeked struct {
	io.Reader
	io.Closer
}

type failingReader struct{ err error }

func (f failingReader) Read([]byte) (int, error) { return 0, f.err }
