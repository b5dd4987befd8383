package interceptor

import "net/http"

// Finisher is implemented by an interceptor that needs to know when a call is over: to release what
// the call holds, or to count calls by their result.
//
// OnDone runs exactly once for every call, after all other callbacks: when the call ends with a
// response or an error, when its context was canceled, and also while a panic unwinds the call. It
// runs for all interceptors of the call's list, the last one first, even for those whose OnRequest
// was not reached. An interceptor can recognize that by a value that its OnRequest stores with
// SetExtra.
//
// A call ends when the chain returns to the client. The body of the response may still be read
// after that, so OnDone must neither read nor close it. To learn the end of a body, replace it in
// OnResponse with a body whose Close reports it.
//
// The request is the last one that was sent, or would have been. The response is nil if the call
// failed, the error is nil if it did not, and after a panic both are nil.
type Finisher interface {
	OnDone(*Request, *Response, *Error)
}

// TransportUser is implemented by an interceptor that sends requests of its own, and wants to send
// them through the transport beneath the chain: with the client's proxy, TLS settings, mocks and
// recorders, but without the interceptors.
//
// OnTransport is called before the first call: when the chain is laid over its first transport, or
// when the interceptor is added to a chain that has one. It may be called again, for another chain
// that the interceptor is added to; the first call is the one to keep. The transport follows the
// client through chain.Configure. It is safe for concurrent use.
type TransportUser interface {
	OnTransport(http.RoundTripper)
}
