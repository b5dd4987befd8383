package interceptor

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
)

// Response is the answer to one send, or one that an interceptor made with [NewResponse].
//
// Request is the request it answers, as it was sent; it hides the field of the embedded [*http.Response]. Do not change it
// any more: a transport may still be sending it when it has the answer.
type Response struct {
	*http.Response

	Request *Request
}

// NewResponse makes a response in memory, for Resolve. A nil header is an empty one; the body may be nil.
// Status is not checked: a response given to Resolve is a success, whatever its status.
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

// Peek returns up to n bytes from the start of the body and leaves the body as it was for the next reader.
// A body shorter than n is returned whole, with a nil error; a body that cannot be read returns what came and the error,
// which the next reader meets again at the same place.
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
