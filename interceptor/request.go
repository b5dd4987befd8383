package interceptor

import (
	"context"
	"net/http"

	"github.com/chatelaine-go/chatelaine/internal/engine"
)

// Request is one send of a call.
//
// The embedded [*http.Request] is a copy made for this send, with its own URL and header map, so an
// interceptor may change it: set headers with the methods of [http.Header] (the slices of values
// are shared with the caller's request; do not write into them), or replace the whole
// [http.Request], for instance with WithContext. An interceptor that replaces Body closes the old
// one, and sets ContentLength and GetBody to match.
//
// Such changes last for one send. A retry starts from the caller's request, so an interceptor makes
// its changes in every OnRequest, and keeps with [Request.SetExtra] what it has to remember.
//
// For a test of an interceptor, &Request{Request: r} is a first attempt without values.
type Request struct {
	*http.Request

	// Call is set by package chain and is the same for all sends of a call. Leave it unchanged.
	Call *engine.Call
}

// Attempt returns the number of this send within its call: 1 for the first, 2 for the first retry.
func (r *Request) Attempt() int {
	if r.Call == nil {
		return 1
	}
	return int(r.Call.Attempt)
}

// Redirected reports whether this request follows a redirect. Each hop is a call of its own, and
// may lead to another host.
func (r *Request) Redirected() bool { return r.Call != nil && r.Call.Redirected }

// Extra returns the value that SetExtra stored under key, else the one that the caller's context
// carries (see [WithExtra]), else nil. Values live as long as the call, over all its retries, as in
// Dio's extra map. Keys are compared with ==: use a type of your own, as for context values.
func (r *Request) Extra(key any) any {
	if r.Call != nil {
		if value, ok := r.Call.Own(key); ok {
			return value
		}
	}
	switch {
	case r.Request == nil:
		return nil
	case r.Call == nil:
		return engine.Extra(r.Context(), key)
	default:
		return r.Call.Inherited(r.Context(), key)
	}
}

// SetExtra stores value under key, which must be comparable and not nil, for the rest of the call.
// It hides a value of the caller's context and does not change it.
func (r *Request) SetExtra(key, value any) {
	if r.Call == nil {
		r.Call = &engine.Call{Attempt: 1}
	}
	r.Call.Set(key, value)
}

// WithExtra returns a context whose calls give value to interceptors: [Request.Extra] returns it
// for key, which must be comparable and not nil. It is Dio's Options(extra:). With resty:
//
//	client.R().SetContext(interceptor.WithExtra(ctx, quiet{}, true)).Get("/poll")
func WithExtra(ctx context.Context, key, value any) context.Context {
	return engine.WithExtra(ctx, key, value)
}
