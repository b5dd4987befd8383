package interceptor

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"
)

// errBodyCut is what a reader finds behind the part of a body that Release kept.
var errBodyCut = errors.New("interceptor: only the start of the response body was kept, " +
	"because its connection was released")

// Peek returns up to n bytes from the start of the body as the caller will see it, and the next
// reader still reads the body whole. A body shorter than n is returned whole, with a nil error. If
// the body ends early, Peek returns what was read and the error; the next reader sees the same.
//
// Content-Encoding gzip, which clients such as resty undo after the chain, is undone for the
// returned bytes; the body itself stays encoded. Other encodings are returned as they are.
//
// Peek never holds back a stream: it returns nothing for an event stream or another type made of
// parts that are sent over time, and nothing for a good status (below 400) with a body of unknown
// length, unless net/http has decompressed it.
func (r *Response) Peek(n int64) ([]byte, error) {
	if r.Response == nil || r.Body == nil || r.Body == http.NoBody || r.streams() {
		return nil, nil
	}
	encoded := strings.EqualFold(r.Header.Get("Content-Encoding"), "gzip")
	limit := n
	if encoded {
		limit += n/100 + gzipOverhead
	}
	head, err := io.ReadAll(io.LimitReader(r.Body, limit))
	rest := io.Reader(r.Body)
	if err != nil {
		rest = failingReader{err}
	}
	r.Body = &peeked{Reader: io.MultiReader(bytes.NewReader(head), rest), Closer: r.Body}
	if encoded {
		head = gunzip(head, n)
	}
	return head, err
}

// gzipOverhead is how much larger a gzip file is than its content at most, beside one percent: the
// header, which may hold a file name, and the trailer.
const gzipOverhead = 512

// gunzip returns up to n bytes of what the start of a gzip file holds, or head if it is none.
func gunzip(head []byte, n int64) []byte {
	z, err := gzip.NewReader(bytes.NewReader(head))
	if err != nil {
		return head
	}
	plain, _ := io.ReadAll(io.LimitReader(z, n)) // the error is that head is only the start
	return plain
}

// streams reports whether the body may come over time, so that reading ahead would hold it back.
func (r *Response) streams() bool {
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch media {
	case "text/event-stream", "multipart/x-mixed-replace", "application/x-ndjson",
		"application/json-seq", "application/stream+json", "application/grpc":
		return true
	}
	return r.StatusCode < http.StatusBadRequest && r.ContentLength < 0 && !r.Uncompressed
}

// The limits on what Release reads.
const (
	releaseLimit = 64 << 10
	releaseTime  = 5 * time.Second
)

// Release frees the connection of a response: it reads the first 64 KiB of the body into memory,
// for no longer than five seconds, and closes the body. The part that was read stays readable; a
// reader that goes beyond it gets an error, unless the body has ended.
//
// An OnError that waits for another request, such as a refresh, calls Release first: with a limit
// on connections, that request may need the one this response holds.
func (r *Response) Release() {
	if r.Response == nil || r.Body == nil || r.Body == http.NoBody {
		return
	}
	body, interrupt := r.Body, io.Closer(r.Body)
	if r.Request != nil && r.Request.Call != nil && r.Request.Call.Body != nil {
		interrupt = r.Request.Call.Body
	}
	slow := time.AfterFunc(releaseTime, func() { _ = interrupt.Close() })
	head, err := io.ReadAll(io.LimitReader(body, releaseLimit+1))
	slow.Stop()
	if int64(len(head)) > releaseLimit {
		head, err = head[:releaseLimit], errBodyCut
	}
	_ = body.Close()
	rest := io.Reader(bytes.NewReader(head))
	if err != nil {
		rest = io.MultiReader(rest, failingReader{err})
	}
	r.Body = io.NopCloser(rest)
}

type peeked struct {
	io.Reader
	io.Closer
}

type failingReader struct{ err error }

func (f failingReader) Read([]byte) (int, error) { return 0, f.err }
