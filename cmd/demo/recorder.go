package main

import (
	"net/http"
	"slices"
	"sync"
	"time"
)

// exchange is one request on the wire and its answer.
type exchange struct {
	Method string        `json:"method"`
	Path   string        `json:"path"`
	Status int           `json:"status"` // 0: none
	Start  time.Time     `json:"start"`
	Took   time.Duration `json:"took_ns"`
}

// recorder is a transport that notes what passes. It sits below the chain and below the refresher, so it sees the 401, the
// refresh and the request sent again.
type recorder struct {
	base http.RoundTripper

	mu        sync.Mutex
	exchanges []exchange
}

// RoundTrip passes the request on.
func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	e := exchange{Method: req.Method, Path: req.URL.Path, Start: time.Now()}
	resp, err := r.base.RoundTrip(req)
	e.Took = time.Since(e.Start)
	if err == nil {
		e.Status = resp.StatusCode
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.exchanges = append(r.exchanges, e)
	return resp, err
}

// CloseIdleConnections closes those of the base transport.
func (r *recorder) CloseIdleConnections() {
	if b, ok := r.base.(interface{ CloseIdleConnections() }); ok {
		b.CloseIdleConnections()
	}
}

// take returns what was noted since the last take, in the order of sending.
func (r *recorder) take() []exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := r.exchanges
	r.exchanges = nil
	slices.SortFunc(taken, func(a, b exchange) int { return a.Start.Compare(b.Start) })
	return taken
}
