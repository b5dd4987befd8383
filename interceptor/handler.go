package interceptor

import (
	"slices"
	"time"
)

// Flow modifies Resolve and Reject.
type Flow uint8

// Through sends the result of Resolve or Reject through all OnResponse or all OnError, beginning with the first
// interceptor, instead of ending the call there. It is Dio's callFollowingResponseInterceptor and
// callFollowingErrorInterceptor.
const Through Flow = 1

// RequestHandler makes the verdicts of OnRequest. Its methods do nothing else: what counts is the one verdict that the
// callback returns. So it is with the other handlers.
type RequestHandler struct{}

// Next hands req on to the next interceptor, at last to the transport.
func (RequestHandler) Next(req *Request) Verdict {
	return Verdict{phase: PhaseRequest, action: ActionNext, value: req}
}

// Resolve answers the call with resp; nothing is sent. Without [Through] no other callback runs.
func (RequestHandler) Resolve(resp *Response, flow ...Flow) Verdict {
	return Verdict{phase: PhaseRequest, action: ActionResolve, value: resp, through: through(flow)}
}

// Reject fails the call with err; nothing is sent. Without [Through] no other callback runs.
// An err that is no *[Error] is wrapped in one; the caller finds both with [errors.As].
func (RequestHandler) Reject(err error, flow ...Flow) Verdict {
	return Verdict{phase: PhaseRequest, action: ActionReject, value: err, through: through(flow)}
}

// ResponseHandler makes the verdicts of OnResponse.
type ResponseHandler struct{}

// Next hands resp on to the next interceptor, at last to the caller.
func (ResponseHandler) Next(resp *Response) Verdict {
	return Verdict{phase: PhaseResponse, action: ActionNext, value: resp}
}

// Resolve answers the call with resp; the later interceptors do not see it.
func (ResponseHandler) Resolve(resp *Response) Verdict {
	return Verdict{phase: PhaseResponse, action: ActionResolve, value: resp}
}

// Reject fails the call with err, and the [Error] carries the response. Without [Through] no OnError runs.
func (ResponseHandler) Reject(err error, flow ...Flow) Verdict {
	return Verdict{phase: PhaseResponse, action: ActionReject, value: err, through: through(flow)}
}

// Retry waits for after, which may be 0, then sends the caller's original request again through the whole chain.
// A retry that is not possible behaves as Next, with the response intact: when the attempts are used up, the body cannot be
// had again (no GetBody), or the context is done or would be before the wait is over.
func (ResponseHandler) Retry(after time.Duration) Verdict {
	return Verdict{phase: PhaseResponse, action: ActionRetry, value: after}
}

// ErrorHandler makes the verdicts of OnError.
type ErrorHandler struct{}

// Next hands err on to the next interceptor, at last to the caller. An err that replaces the one received
// does not hide it: [errors.Is] and [errors.As] find both.
func (ErrorHandler) Next(err error) Verdict {
	return Verdict{phase: PhaseError, action: ActionNext, value: err}
}

// Resolve answers the call with resp in spite of the error. No OnResponse runs, no later OnError either.
func (ErrorHandler) Resolve(resp *Response) Verdict {
	return Verdict{phase: PhaseError, action: ActionResolve, value: resp}
}

// Reject ends the call with err: the later interceptors do not see it. With [Through] it is Next.
func (ErrorHandler) Reject(err error, flow ...Flow) Verdict {
	if through(flow) {
		return ErrorHandler{}.Next(err)
	}
	return Verdict{phase: PhaseError, action: ActionReject, value: err}
}

// Retry is [ResponseHandler.Retry] for a call that failed. Where it is not possible it behaves as Next with the
// error received.
func (ErrorHandler) Retry(after time.Duration) Verdict {
	return Verdict{phase: PhaseError, action: ActionRetry, value: after}
}

func through(flow []Flow) bool { return slices.Contains(flow, Through) }
