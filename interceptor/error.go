package interceptor

import (
	"cmp"
	"errors"
	"net/http"
	"strings"
)

// Error is why a call failed. The caller finds it with [errors.As] through resty and [*url.Error], and behind it, by
// Unwrap, whatever an interceptor rejected with. What a chain puts into it:
//
//	what failed       Kind                        Response     Err
//	the transport     KindOf(Err)                 nil          the transport's error
//	the status        KindBadResponse             the answer   nil
//	the context       KindCanceled, KindTimeout   nil          the context's cause
//	an interceptor    KindOf(Err), or if that is  the answer,  what it rejected with, or handed on in place of
//	                  unknown, as before it       if any       the error it received
//
// An *Error that an interceptor returns is copied, and a missing Request or Response filled in.
//
// An error of the transport, or a bad status, that no interceptor has replaced has no further cause: e.As(new(error)),
// the method, is false. The error of an interceptor has one, and that of the context may. Package retry relies on it.
// The exception is an *Error that an interceptor changes in place: it passes for the wire's.
//
// The message has method, URL, status and cause, no header and no body; user and query of its URL, and of those that
// net/http quotes, are masked. Paths, and what else the cause says, are not; see package redact.
type Error struct {
	// Kind is the class of the failure.
	Kind Kind
	// Request is the request as it was sent, or as far as it came.
	Request *Request
	// Response is the answer, if there was one. An interceptor looks at its body with Peek. At the caller the body still
	// holds the first 64 KiB; its connection has been released, and it need not be closed.
	Response *Response
	// Err is the cause. It is nil for a bad status that no interceptor explained.
	Err error

	cause error
}

// Error returns the message.
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

// WithCause returns a copy of e in which [errors.Is] and [errors.As] also find cause; the message stays the same.
// The chain keeps with it the error that an interceptor replaced, or the one that it copied.
func (e *Error) WithCause(cause error) *Error {
	c := *e
	c.cause = errors.Join(e.cause, cause)
	return &c
}

// Is lets [errors.Is] find the causes given to WithCause.
func (e *Error) Is(target error) bool { return e.cause != nil && errors.Is(e.cause, target) }

// As lets [errors.As] find the causes given to WithCause. Called directly, with new(error), it tells whether there are any.
func (e *Error) As(target any) bool { return e.cause != nil && errors.As(e.cause, target) }

// Timeout tells whether time ran out: [*url.Error] asks for it.
func (e *Error) Timeout() bool { return e.Kind == KindTimeout || e.Kind == KindConnectTimeout }
