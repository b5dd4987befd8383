package interceptor

import (
	"errors"

	"github.com/chatelaine-go/chatelaine/internal/engine"
	"github.com/chatelaine-go/chatelaine/internal/escape"
)

// Error is the reason why a call failed. The caller finds it with [errors.As] through resty and
// [*url.Error], and behind it, by Unwrap, whatever an interceptor rejected with. Package chain
// fills it in:
//
//	what failed       Kind                        Response       Err
//	the transport     KindOf(Err)                 nil            the transport's error
//	the status        KindBadResponse             the response   nil
//	the context       KindCanceled, KindTimeout   nil            the context's cause
//	an interceptor    KindOf(Err), or if that is  the response,  what it rejected with, or passed
//	                  unknown, as before          if any         on in place of the error received
//
// An *Error that an interceptor returns is copied, and a missing Request or Response filled in.
//
// The message has method, URL, status and cause, each once, and no header and no body. User and
// query of its URL, and of the URLs that net/http quotes, are masked; control characters are
// escaped. Paths, and the rest of the cause's text, are not masked; see package redact.
//
// The zero Error is an unknown failure of an unknown request.
type Error struct {
	// Kind is the class of the failure.
	Kind Kind
	// Request is the request as it was sent, or as far as interceptors had prepared it.
	Request *Request
	// Response is the response, if there was one. An interceptor looks at its body with Peek. At
	// the caller the body still holds the first 64 KiB; its connection has been released, and it
	// need not be closed.
	Response *Response
	// Err is the cause. It is nil for a bad status that no interceptor explained.
	Err error

	// Origin is set by package chain. Leave it unchanged.
	Origin engine.Origin
}

// Error returns the message.
func (e *Error) Error() string { return "interceptor: " + escape.Line(e.text()) }

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// FromTransport reports whether e is a failure or a bad status that the transport delivered, rather
// than an interceptor's decision. It reports false for the end of the caller's context, and for an
// Error made by hand. Package retry repeats only errors from the transport.
func (e *Error) FromTransport() bool { return e.Origin.Transport }

// Is lets [errors.Is] find the error or status that an interceptor replaced by this one.
func (e *Error) Is(target error) bool {
	return e.Origin.Cause != nil && errors.Is(e.Origin.Cause, target)
}

// As lets [errors.As] find the error that an interceptor replaced by this one.
func (e *Error) As(target any) bool {
	return e.Origin.Cause != nil && errors.As(e.Origin.Cause, target)
}

// Timeout reports whether time ran out. The method Timeout of [*url.Error] calls it.
func (e *Error) Timeout() bool { return e.Kind == KindTimeout || e.Kind == KindConnectTimeout }
