package interceptor

// Interceptor sees every send of a call and decides how the call continues.
//
// Each callback returns a verdict made by its handler: return h.Next(req) passes on, as in Dio. All
// three may be called by many goroutines at once, for different calls; for one call they are called
// one after the other.
//
// Embed [Base] to write only the callbacks you need, or fill in a [Funcs]. An interceptor may have
// further methods that package chain looks for; see Optional methods in the package documentation.
type Interceptor interface {
	// OnRequest runs before the request is sent. The request is a copy made for this send, and may
	// be changed freely.
	OnRequest(*Request, RequestHandler) Verdict
	// OnResponse runs when the response is good (package chain: status below 400).
	// The chain closes the body; close it only if you replace it.
	OnResponse(*Response, ResponseHandler) Verdict
	// OnError runs when the status is bad, the transport failed, or an interceptor rejected with
	// Through.
	OnError(*Error, ErrorHandler) Verdict
}

// Base passes everything on. Embed it and override the callbacks you need. The zero Base is ready
// to use.
type Base struct{}

var _ Interceptor = Base{}

// OnRequest passes the request on.
func (Base) OnRequest(req *Request, h RequestHandler) Verdict { return h.Next(req) }

// OnResponse passes the response on.
func (Base) OnResponse(resp *Response, h ResponseHandler) Verdict { return h.Next(resp) }

// OnError passes the error on.
func (Base) OnError(err *Error, h ErrorHandler) Verdict { return h.Next(err) }
