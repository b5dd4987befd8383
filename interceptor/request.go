package interceptor

import "net/http"

// Request is one send of a call.
//
// The embedded [*http.Request] is a copy made for this send, with a URL and a header map of its own, so an interceptor may
// change it: set headers with the methods of [http.Header] (the slices of values are shared with the caller's request;
// do not write into them), or replace the whole [http.Request], for instance with WithContext. Whoever replaces Body
// closes the old one, and sets ContentLength and GetBody to match.
type Request struct {
	*http.Request

	call *Call
}

// Call is what all sends of one call have in common. Package chain keeps one for each call; interceptors have no use
// for it. It is not safe for concurrent use.
type Call struct {
	// Attempt is the number of the current send, from 1.
	Attempt int
	// Redirected is true if this call is a hop that follows a redirect.
	Redirected bool

	first pair // in place: most calls store one value, and it costs no allocation
	more  []pair
}

type pair struct{ key, value any }

// Wrap makes the [Request] of one send of the call.
func (c *Call) Wrap(r *http.Request) Request { return Request{Request: r, call: c} }

// Attempt returns the number of this send within its call: 1 for the first, 2 for the first retry.
func (r *Request) Attempt() int {
	if r.call == nil {
		return 1
	}
	return r.call.Attempt
}

// Redirected tells whether this request follows a redirect. Each hop is a call of its own, and may lead to another host.
func (r *Request) Redirected() bool { return r.call != nil && r.call.Redirected }

// Extra returns the value that SetExtra stored under key, or nil. Values live as long as the call, over all its
// retries, as in Dio's extra map. Keys are compared with ==: use a type of your own, as with context values.
func (r *Request) Extra(key any) any {
	if r.call == nil {
		return nil
	}
	if p := r.call.find(key); p != nil {
		return p.value
	}
	return nil
}

// SetExtra stores value under key, which must be comparable and not nil, for the rest of the call.
func (r *Request) SetExtra(key, value any) {
	if r.call == nil {
		r.call = &Call{Attempt: 1}
	}
	c := r.call
	switch p := c.find(key); {
	case p != nil:
		p.value = value
	case c.first.key == nil:
		c.first = pair{key, value}
	default:
		c.more = append(c.more, pair{key, value})
	}
}

// find returns where the value of key is kept, or nil.
func (c *Call) find(key any) *pair {
	if c.first.key == key {
		return &c.first
	}
	for i := range c.more {
		if c.more[i].key == key {
			return &c.more[i]
		}
	}
	return nil
}
