package har

import (
	"context"
	"net/http"

	"github.com/chatelaine-go/chatelaine/interceptor"
)

var _ interceptor.Interceptor = (*Recorder)(nil)

const (
	causeRetry    = "retry"
	causeRedirect = "redirect"
)

// OnRequest begins to record an attempt.
func (r *Recorder) OnRequest(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
	var call uint64
	cause := ""
	if last, ok := req.Extra(r).(*exchange); ok {
		call, cause = last.call, causeRetry
	} else if req.Redirected() {
		call, cause = r.callOf(req.Request), causeRedirect
	}
	x := r.begin(call, req.Attempt(), cause)
	req.SetExtra(r, x)
	req.Request = x.attach(req.Request)
	return h.Next(req)
}

// OnResponse records the response, and its body as it is read.
func (r *Recorder) OnResponse(resp *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict {
	if x := r.exchangeOf(resp.Request); x != nil {
		x.respond(resp.Request.Request, resp.Response)
	}
	return h.Next(resp)
}

// OnError records a response that is an error, or why there is none.
func (r *Recorder) OnError(e *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
	if x := r.exchangeOf(e.Request); x != nil {
		if e.Response != nil && e.Response.Response != nil {
			x.respond(e.Request.Request, e.Response.Response)
		} else {
			x.fail(e.Request.Request, reason(e))
		}
	}
	return h.Next(e)
}

func reason(e *interceptor.Error) string {
	if e.Err == nil {
		return e.Kind.String()
	}
	return e.Err.Error()
}

func (r *Recorder) exchangeOf(req *interceptor.Request) *exchange {
	if req == nil || req.Request == nil {
		return nil
	}
	x, _ := req.Extra(r).(*exchange)
	return x
}

// contextKey finds the exchange of a recorder in the context of its request.
type contextKey struct{ *Recorder }

func (r *Recorder) fromContext(ctx context.Context) *exchange {
	x, _ := ctx.Value(contextKey{r}).(*exchange)
	return x
}

// callOf returns the call of the request that was redirected to this one, 0 if that is not known.
func (r *Recorder) callOf(req *http.Request) uint64 {
	if req.Response == nil || req.Response.Request == nil {
		return 0
	}
	if x, ok := req.Response.Request.Context().Value(contextKey{r}).(*exchange); ok {
		return x.call
	}
	return 0
}
