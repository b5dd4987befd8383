package interceptor

// Funcs makes an [Interceptor] of functions. A nil function passes on, so the zero Funcs passes
// everything on. To remove it from a chain again, add it as a *Funcs: pointers can be compared,
// functions cannot.
type Funcs struct {
	// Name is the name of this interceptor in error messages. Default "interceptor.Funcs".
	Name string

	// The callbacks: OnRequest, OnResponse and OnError.
	Request  func(*Request, RequestHandler) Verdict
	Response func(*Response, ResponseHandler) Verdict
	Error    func(*Error, ErrorHandler) Verdict
}

var _ Interceptor = Funcs{}

// OnRequest calls f.Request.
func (f Funcs) OnRequest(req *Request, h RequestHandler) Verdict {
	if f.Request == nil {
		return h.Next(req)
	}
	return f.Request(req, h)
}

// OnResponse calls f.Response.
func (f Funcs) OnResponse(resp *Response, h ResponseHandler) Verdict {
	if f.Response == nil {
		return h.Next(resp)
	}
	return f.Response(resp, h)
}

// OnError calls f.Error.
func (f Funcs) OnError(err *Error, h ErrorHandler) Verdict {
	if f.Error == nil {
		return h.Next(err)
	}
	return f.Error(err, h)
}

// String returns the name.
func (f Funcs) String() string {
	if f.Name == "" {
		return "interceptor.Funcs"
	}
	return f.Name
}
