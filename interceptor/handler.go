package interceptor

import (
	"slices"
	"time"

	"github.com/chatelaine-go/chatelaine/internal/engine"
)

// Flow modifies Resolve and Reject.
type Flow uint8

// Through sends the result of Resolve or Reject through all OnResponse or all OnError callbacks,
// beginning with the first interceptor, instead of ending the call. It is Dio's
// callFollowingResponseInterceptor and callFollowingErrorInterceptor.
const Through Flow = 1

// RequestHandler makes the verdicts of OnRequest. Its methods have no effect of their own: only the
// verdict that the callback returns counts. The same holds for the other handlers.
type RequestHandler struct{}

// Next passes req to the next interceptor, and after the last one to the transport.
func (RequestHandler) Next(req *Request) Verdict {
	return Verdict(engine.Decide(engine.OnRequest, engine.Next, req, false))
}

// Resolve ends the call with resp; nothing is sent. Without [Through] no other callback runs.
func (RequestHandler) Resolve(resp *Response, flow ...Flow) Verdict {
	return Verdict(engine.Decide(engine.OnRequest, engine.Resolve, resp, through(flow)))
}

// Reject fails the call with err; nothing is sent. Without [Through] no other callback runs.
// An err that is not an *[Error] is wrapped in one; the caller finds both with [errors.As].
func (RequestHandler) Reject(err error, flow ...Flow) Verdict {
	return Verdict(engine.Decide(engine.OnRequest, engine.Reject, err, through(flow)))
}

// ResponseHandler makes the verdicts of OnResponse.
type ResponseHandler struct{}

// Next passes resp to the next interceptor, and after the last one to the caller.
func (ResponseHandler) Next(resp *Response) Verdict {
	return Verdict(engine.Decide(engine.OnResponse, engine.Next, resp, false))
}

// Resolve ends the call with resp; later interceptors do not see it.
func (ResponseHandler) Resolve(resp *Response) Verdict {
	return Verdict(engine.Decide(engine.OnResponse, engine.Resolve, resp, false))
}

// Reject fails the call with err, and the [Error] carries the response. Without [Through] no
// OnError runs.
func (ResponseHandler) Reject(err error, flow ...Flow) Verdict {
	return Verdict(engine.Decide(engine.OnResponse, engine.Reject, err, through(flow)))
}

// Retry waits for the duration after, which may be 0, then sends the caller's original request
// again through the whole chain. Changes that interceptors made to the request of this send are
// lost; values stored with SetExtra stay.
//
// Where a retry is not possible, Retry acts as Next with the response intact: when the attempts are
// used up, when the request has a body that cannot be read again (no GetBody), or when the context
// is done or would be done before the wait is over.
func (ResponseHandler) Retry(after time.Duration) Verdict {
	return Verdict(engine.Decide(engine.OnResponse, engine.Retry, after, false))
}

// ErrorHandler makes the verdicts of OnError.
type ErrorHandler struct{}

// Next passes err to the next interceptor, and after the last one to the caller. An err that
// replaces the one received does not hide it: [errors.Is] and [errors.As] find both.
func (ErrorHandler) Next(err error) Verdict {
	return Verdict(engine.Decide(engine.OnError, engine.Next, err, false))
}

// Resolve ends the call with resp in spite of the error. No OnResponse and no later OnError runs.
func (ErrorHandler) Resolve(resp *Response) Verdict {
	return Verdict(engine.Decide(engine.OnError, engine.Resolve, resp, false))
}

// Reject ends the call with err; later interceptors do not see it. With [Through] it is Next.
func (ErrorHandler) Reject(err error, flow ...Flow) Verdict {
	if through(flow) {
		return ErrorHandler{}.Next(err)
	}
	return Verdict(engine.Decide(engine.OnError, engine.Reject, err, false))
}

// Retry is [ResponseHandler.Retry] for a call that failed. Where a retry is not possible it acts as
// Next with the error received.
func (ErrorHandler) Retry(after time.Duration) Verdict {
	return Verdict(engine.Decide(engine.OnError, engine.Retry, after, false))
}

func through(flow []Flow) bool { return slices.Contains(flow, Through) }
