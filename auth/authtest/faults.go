package authtest

import (
	"context"
	"maps"
	"net/http"
	"sync"
	"time"
)

// fault is something that goes wrong for the next left requests.
type fault struct {
	left   int // negative: until cleared
	status int
	header http.Header
	body   []byte
	drop   bool
}

// write sends the response of the fault.
func (f *fault) write(w http.ResponseWriter) {
	maps.Copy(w.Header(), f.header)
	writeBody(w, f.status, f.body)
}

// newFault returns a response. A status that is not final becomes 500.
func newFault(n, status int, header http.Header, body string) fault {
	if status < 200 || status > 599 {
		status = http.StatusInternalServerError
	}
	return fault{left: n, status: status, header: header.Clone(), body: []byte(body)}
}

// next takes the first fault of a queue off by one.
func next(queue *[]fault) *fault {
	if len(*queue) == 0 {
		return nil
	}
	f := (*queue)[0]
	f.left--
	if f.left == 0 {
		*queue = (*queue)[1:]
	} else {
		(*queue)[0].left = f.left
	}
	return &f
}

// FailRefresh fails the next n refresh requests, of both dialects, with this status, header and
// body; no token is spent by them. Calls queue up, together with those of
// [Server.DropAfterRotate]. A negative n fails every request from there on, and n == 0 clears the
// queue. The header may be nil; without a Content-Type it is taken from the body. A status outside
// of 200 to 599 becomes 500.
func (s *Server) FailRefresh(n, status int, header http.Header, body string) {
	s.mu.Lock()
	defer s.unlock()
	enqueue(&s.refreshFaults, newFault(n, status, header, body))
}

// FailAPI fails the next n requests to the API as [Server.FailRefresh] does for refreshes,
// whatever credentials they carry.
func (s *Server) FailAPI(n, status int, header http.Header, body string) {
	s.mu.Lock()
	defer s.unlock()
	enqueue(&s.apiFaults, newFault(n, status, header, body))
}

// DropAfterRotate lets the next n refreshes take effect and cuts the connection instead of sending
// the response, so that the client never learns its new tokens. Refused refreshes do not count.
// It queues up with [Server.FailRefresh], with the same meaning of n.
func (s *Server) DropAfterRotate(n int) {
	s.mu.Lock()
	defer s.unlock()
	enqueue(&s.refreshFaults, fault{left: n, drop: true})
}

func enqueue(queue *[]fault, f fault) {
	if f.left == 0 {
		*queue = nil
		return
	}
	*queue = append(*queue, f)
}

// DelayRefresh delays the response to every refresh that arrives from now on. The refresh takes
// effect when it arrives: a client that does not wait for the response has spent its token.
// 0 ends it.
func (s *Server) DelayRefresh(d time.Duration) {
	s.mu.Lock()
	defer s.unlock()
	s.refreshDelay = d
}

// HoldRefresh holds the responses to all refreshes that arrive until release is called. As with
// [Server.DelayRefresh] they have taken effect. [Server.Wait] returns when one has arrived.
// A second call of release does nothing; a second call of HoldRefresh returns the same hold.
func (s *Server) HoldRefresh() (release func()) {
	s.mu.Lock()
	defer s.unlock()
	if s.refreshHold == nil {
		s.refreshHold = make(chan struct{})
	}
	hold := s.refreshHold
	return func() {
		s.mu.Lock()
		defer s.unlock()
		if s.refreshHold == hold {
			s.refreshHold = nil
			close(hold)
		}
	}
}

// HoldAPI keeps the next n requests to the API waiting until release is called, and looks at their
// access token only then. So a request can learn late that its token is not valid.
// Calls queue up. A second call of release does nothing.
func (s *Server) HoldAPI(n int) (release func()) {
	hold := make(chan struct{})
	s.mu.Lock()
	defer s.unlock()
	for range n {
		s.apiHolds = append(s.apiHolds, hold)
	}
	var once sync.Once
	return func() { once.Do(func() { close(hold) }) }
}

// pause waits for the hold and the delay. It aborts the request if the client or the server is
// gone first.
func (s *Server) pause(ctx context.Context, hold <-chan struct{}, delay time.Duration) {
	if hold != nil {
		await(ctx, s.done, hold)
	}
	if delay > 0 {
		t := time.NewTimer(delay)
		defer t.Stop()
		await(ctx, s.done, t.C)
	}
}

// await receives from the channel, or aborts the request.
func await[T any](ctx context.Context, done <-chan struct{}, c <-chan T) {
	select {
	case <-c:
	case <-ctx.Done():
		abort(http.ErrAbortHandler)
	case <-done:
		abort(http.ErrAbortHandler)
	}
}
