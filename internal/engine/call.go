package engine

import (
	"context"
	"io"
)

// Call is the state that all sends of one call have in common. It is not safe for concurrent use:
// the callbacks of one call run one after the other.
type Call struct {
	// Attempt is the number of the current send, from 1.
	Attempt int32
	// Redirected reports whether the call is a hop that follows a redirect.
	Redirected bool

	searched bool // for caller
	// Body is the body of the current response as the transport returned it. Unlike a body that an
	// interceptor put around it, it may be closed while another goroutine reads.
	Body io.Closer

	first  pair // in place: most calls store one value, and it costs no allocation
	more   *extra
	caller *extra // the values of the caller's context
}

type pair struct{ key, value any }

// Own returns the value stored under key by Set, and reports whether there is one.
func (c *Call) Own(key any) (value any, ok bool) {
	if p := c.find(key); p != nil {
		return p.value, true
	}
	return nil, false
}

// Inherited returns the value that the caller's context ctx has under key, or nil.
func (c *Call) Inherited(ctx context.Context, key any) any {
	if !c.searched {
		c.searched = true
		c.caller, _ = ctx.Value(extraKey{}).(*extra)
	}
	return c.caller.find(key)
}

// Set stores value under key.
func (c *Call) Set(key, value any) {
	switch p := c.find(key); {
	case p != nil:
		p.value = value
	case c.first.key == nil:
		c.first = pair{key, value}
	default:
		c.more = &extra{pair{key, value}, c.more}
	}
}

// find returns where the value of key is stored, or nil.
func (c *Call) find(key any) *pair {
	if c.first.key == key {
		return &c.first
	}
	for e := c.more; e != nil; e = e.before {
		if e.key == key {
			return &e.pair
		}
	}
	return nil
}

// extra is a value, and the ones stored before. The values of a caller's context are all found
// under one context key, because a key for each would be an allocation for each look.
type extra struct {
	pair

	before *extra
}

type extraKey struct{}

// WithExtra returns a context that carries value under key for the calls made with it.
func WithExtra(ctx context.Context, key, value any) context.Context {
	before, _ := ctx.Value(extraKey{}).(*extra)
	return context.WithValue(ctx, extraKey{}, &extra{pair{key, value}, before})
}

// Extra returns the value that ctx carries under key, or nil.
func Extra(ctx context.Context, key any) any {
	e, _ := ctx.Value(extraKey{}).(*extra)
	return e.find(key)
}

func (e *extra) find(key any) any {
	for ; e != nil; e = e.before {
		if e.key == key {
			return e.value
		}
	}
	return nil
}
