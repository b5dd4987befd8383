package authtest

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// DelayRefresh delays the answer to every refresh that arrives from now on. The refresh takes
// effect when it arrives: a client that does not wait for the answer has spent its token.
// 0 ends it.
func (s *Server) DelayRefresh(d time.Duration) {
	s.mu.Lock()
	defer s.unlock()
	s.refreshDelay = d
}

// HoldRefresh keeps back the answers to all refreshes that arrive until release is called. As with
// [Server.DelayRefresh] they have taken effect. [Server.Wait] tells when one has arrived.
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
// access token only then. So a request can be made to learn late that its token is no good.
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
