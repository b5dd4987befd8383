package wire

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/chatelaine-go/chatelaine/interceptor"
)

// Recorder records exchanges. As an interceptor it learns which attempt of a call a request is; its
// transports, below the chain and below a refresher, see the requests themselves. The zero value is
// ready to use. It is safe for concurrent use.
type Recorder struct {
	interceptor.Base

	// Logger gets a record for every exchange. Nil: none.
	Logger *slog.Logger

	mu        sync.Mutex
	exchanges []*Exchange
}

// OnRequest passes the number of the attempt to the transport.
func (r *Recorder) OnRequest(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
	s := send{attempt: req.Attempt(), redirected: req.Redirected()}
	req.Request = req.WithContext(context.WithValue(req.Context(), sendKey{}, s))
	return h.Next(req)
}

// Transport returns a transport over base whose requests have the role, unless their context says
// otherwise.
func (r *Recorder) Transport(role Role, base http.RoundTripper) http.RoundTripper {
	return &transport{recorder: r, role: role, base: base}
}

// Take returns the exchanges since the last Take, in the order of sending. One that is still under
// way lasts until now.
func (r *Recorder) Take() []Exchange {
	seen := r.Peek()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.exchanges = r.exchanges[len(seen):]
	return seen
}

// Peek is Take, but leaves what it returns to be taken again.
func (r *Recorder) Peek() []Exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]Exchange, 0, len(r.exchanges))
	for _, e := range r.exchanges {
		seen := *e
		if seen.Took == 0 {
			seen.Took = time.Since(seen.Start)
		}
		all = append(all, seen)
	}
	slices.SortStableFunc(all, func(a, b Exchange) int { return a.Start.Compare(b.Start) })
	return all
}

func (r *Recorder) begin(e *Exchange) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.exchanges = append(r.exchanges, e)
}

func (r *Recorder) answered(ctx context.Context, e *Exchange, status int) {
	r.mu.Lock()
	e.Status, e.Took = status, time.Since(e.Start)
	seen := *e
	r.mu.Unlock()
	if r.Logger != nil {
		r.Logger.LogAttrs(ctx, slog.LevelDebug, "exchange", slog.String("role", string(seen.Role)), slog.String("method", seen.Method),
			slog.String("path", seen.Path), slog.Int("status", status), slog.Bool("signed", seen.Signed), slog.Duration("took", seen.Took))
	}
}

func (r *Recorder) ended(e *Exchange) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e.Took = time.Since(e.Start)
}

// A transport records the requests that it sends.
type transport struct {
	recorder *Recorder
	role     Role
	base     http.RoundTripper
}

// RoundTrip passes the request on.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	e := describe(req, t.role)
	t.recorder.begin(e)
	resp, err := t.base.RoundTrip(req)
	if err != nil {
		t.recorder.answered(req.Context(), e, 0)
		return nil, err
	}
	t.recorder.answered(req.Context(), e, resp.StatusCode)
	if resp.StatusCode >= http.StatusBadRequest { // its body may be kept until after a refresh
		return resp, nil
	}
	resp.Body = &body{ReadCloser: resp.Body, ended: sync.OnceFunc(func() { t.recorder.ended(e) })}
	return resp, nil
}

// CloseIdleConnections closes those of the base transport.
func (t *transport) CloseIdleConnections() {
	if b, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		b.CloseIdleConnections()
	}
}

// A body reports when it has been read.
type body struct {
	io.ReadCloser

	ended func()
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.ended()
	}
	return n, err
}

func (b *body) Close() error {
	b.ended()
	return b.ReadCloser.Close()
}
