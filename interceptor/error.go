package interceptor

import (
	"cmp"
	"errors"
	"net/http"
	"strings"
)

// Error is why a call failed. The caller finds it with [errors.As] through resty and [*url.Error], and behind it, by
// Unwrap, whatever an interceptor rejected with.
//
// Its message names method, URL without user and query, status and cause; it holds neither headers nor bodies.
type Error struct {
	// Kind is the class of the failure.
	Kind Kind
	// Request is the request as it was sent, or as far as it came. It may be nil in an Error you make; the chain
	// fills it in.
	Request *Request
	// Response is the answer, if there was one. At the caller its body still holds the first 64 KiB; its
	// connection has been released, closing it is not needed.
	Response *Response
	// Err is the cause. It is nil for a bad status that nobody explained.
	Err error

	cause error
}

// Error returns a message without secrets.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("interceptor")
	if e.Request != nil && e.Request.Request != nil {
		b.WriteString(": ")
		b.WriteString(cmp.Or(e.Request.Method, http.MethodGet))
		if u := e.Request.URL; u != nil {
			b.WriteString(" ")
			b.WriteString(withoutSecrets(u))
		}
	}
	if e.Response != nil && e.Response.Response != nil {
		b.WriteString(": ")
		b.WriteString(e.Response.Status)
	} else if e.Err == nil {
		b.WriteString(": ")
		b.WriteString(e.Kind.String())
	}
	if e.Err != nil {
		b.WriteString(": ")
		b.WriteString(message(e.Err))
	}
	return b.String()
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// WithCause returns a copy of e which [errors.Is] and [errors.As] also find cause in, without changing its message.
// The chain uses it to keep the original error when an interceptor replaces it.
func (e *Error) WithCause(cause error) *Error {
	c := *e
	c.cause = errors.Join(e.cause, cause)
	return &c
}

// Is lets [errors.Is] find the causes given to WithCause.
func (e *Error) Is(target error) bool { return e.cause != nil && errors.Is(e.cause, target) }

// As lets [errors.As] find the causes given to WithCause.
func (e *Error) As(target any) bool { return e.cause != nil && errors.As(e.cause, target) }

// Timeout tells whether time ran out. With it, the Timeout method of [*url.Error] answers right.
func (e *Error) Timeout() bool { return e.Kind == KindTimeout || e.Kind == KindConnectTimeout }
