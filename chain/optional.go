package chain

import (
	"net/http"
	"sync/atomic"

	"github.com/chatelaine-go/chatelaine/interceptor"
)

// as returns i, or the first interceptor that it wraps, as a T.
func as[T any](i interceptor.Interceptor) (t T, ok bool) {
	for i != nil {
		if t, ok = i.(T); ok {
			return t, true
		}
		w, wraps := i.(interface {
			Unwrap() interceptor.Interceptor
		})
		if !wraps {
			return t, false
		}
		i = w.Unwrap()
	}
	return t, false
}

func baseURL(i interceptor.Interceptor) string {
	if b, ok := as[interface{ BaseURL() string }](i); ok {
		return b.BaseURL()
	}
	return ""
}

// finish tells the finishers, the last one first, that the call is over. If one panics, the others
// are told all the same.
func (c *call) finish(all []interceptor.Finisher) {
	if len(all) == 0 {
		return
	}
	last := len(all) - 1
	defer c.finish(all[:last])
	switch c.ended {
	case stepReturn:
		all[last].OnDone(c.req, c.resp, nil)
	case stepFail:
		all[last].OnDone(c.req, nil, c.err)
	default: // a panic
		all[last].OnDone(c.req, nil, nil)
	}
}

// beneath is the transport beneath a chain, for the interceptors that send requests of their own.
type beneath struct {
	base atomic.Pointer[http.RoundTripper]
}

// RoundTrip sends the request through the transport beneath the chain.
func (b *beneath) RoundTrip(r *http.Request) (*http.Response, error) {
	return (*b.base.Load()).RoundTrip(r)
}

// CloseIdleConnections closes those of the transport, if it can.
func (b *beneath) CloseIdleConnections() { closeIdle(*b.base.Load()) }

func closeIdle(base http.RoundTripper) {
	if c, ok := base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// introduce makes base the transport that interceptors are told of, if it is the chain's first. It
// returns what follows that transport, nil for another one.
func (c *Chain) introduce(base http.RoundTripper) *beneath {
	b := new(beneath)
	b.base.Store(&base)
	if !c.beneath.CompareAndSwap(nil, b) {
		return nil
	}
	c.tell(c.current().all)
	return b
}

// tell tells those of the interceptors that want to know the transport beneath the chain.
func (c *Chain) tell(is []interceptor.Interceptor) {
	for _, i := range is {
		if u, ok := as[interceptor.TransportUser](i); ok {
			u.OnTransport(c.beneath.Load())
		}
	}
}

// add adds interceptors to the list where place says.
func (c *Chain) add(is []interceptor.Interceptor, place func(all, is []interceptor.Interceptor) []interceptor.Interceptor) {
	is = present(is)
	told := c.beneath.Load() != nil
	if told {
		c.tell(is) // before calls see them
	}
	c.change(func(all []interceptor.Interceptor) []interceptor.Interceptor { return place(all, is) })
	if !told && c.beneath.Load() != nil {
		c.tell(is) // the first transport was made meanwhile
	}
}
