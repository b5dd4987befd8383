package chain

import (
	"io"
	"net/http"
	"slices"
	"time"
)

// bodies are the response bodies that have to be closed before the call ends. There is more than
// one if an interceptor replaced a response; the new body may read from the old one, so none is
// closed early.
type bodies struct {
	last  io.ReadCloser
	under []io.ReadCloser // the first is the transport's
}

// add adds a body, unless it is the last one again.
func (b *bodies) add(body io.ReadCloser) {
	if body == nil || body == http.NoBody || b.last != nil && same(body, b.last) {
		return
	}
	if b.last != nil {
		b.under = append(b.under, b.last)
	}
	b.last = body
}

// first returns the one that all others may read from.
func (b *bodies) first() io.ReadCloser {
	if len(b.under) > 0 {
		return b.under[0]
	}
	return b.last
}

// release gives the last one to the caller, whose Close closes the others, too.
func (b *bodies) release() io.ReadCloser {
	last, under := b.last, b.under
	b.last, b.under = nil, nil
	switch {
	case last == nil:
		return http.NoBody
	case under == nil:
		return last
	default:
		return &joinedBody{ReadCloser: last, under: under}
	}
}

// drain reads them to their ends, within limits, which saves their connections, and closes them.
func (b *bodies) drain() {
	if b.last == nil && b.under == nil {
		return
	}
	if b.last != nil {
		drain(b.last)
	}
	for _, body := range slices.Backward(b.under) {
		drain(body)
	}
	b.last, b.under = nil, nil
}

// close closes them without reading.
func (b *bodies) close() {
	closeBody(b.last)
	for _, body := range b.under {
		closeBody(body)
	}
	b.last, b.under = nil, nil
}

// joinedBody is a body that an interceptor put in the place of others.
type joinedBody struct {
	io.ReadCloser

	under []io.ReadCloser
}

// Close closes all.
func (j *joinedBody) Close() error {
	err := j.ReadCloser.Close()
	b := bodies{under: j.under}
	b.drain()
	return err
}

// The limits on what is read of a body that is given up.
const (
	drainLimit = 64 << 10
	drainTime  = time.Second
)

func drain(body io.ReadCloser) {
	defer closeBody(body)
	slow := time.AfterFunc(drainTime, func() { closeBody(body) })
	defer slow.Stop()
	_, _ = io.CopyN(io.Discard, body, drainLimit)
}

func closeBody(b io.ReadCloser) {
	if b != nil {
		_ = b.Close()
	}
}

// same reports whether a and b are equal. Values of a type that cannot be compared, for which ==
// panics, count as different.
func same(a, b any) (eq bool) {
	defer func() { eq = recover() == nil && eq }()
	return a == b
}
