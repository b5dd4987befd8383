package interceptor

import "time"

// Verdict is what a callback decided. Only a handler makes one: a callback that returns the zero Verdict, or that of
// another callback's handler, makes the call fail with an error that names the interceptor.
//
// Its methods are for package chain, which carries verdicts out, and for tests of interceptors.
type Verdict struct {
	value   any // *Request, *Response, error or time.Duration: one field, so that a Verdict fits into registers
	phase   Phase
	action  Action
	through bool
}

// Action is the decision of a [Verdict].
type Action uint8

// The actions. ActionNone is that of the zero Verdict.
const (
	ActionNone Action = iota
	ActionNext
	ActionResolve
	ActionReject
	ActionRetry
)

// String names the action.
func (a Action) String() string {
	switch a {
	case ActionNext:
		return "next"
	case ActionResolve:
		return "resolve"
	case ActionReject:
		return "reject"
	case ActionRetry:
		return "retry"
	default:
		return "none"
	}
}

// Phase is the callback a [Verdict] was made for.
type Phase uint8

// The phases. PhaseNone is that of the zero Verdict.
const (
	PhaseNone Phase = iota
	PhaseRequest
	PhaseResponse
	PhaseError
)

// String names the callback of the phase.
func (p Phase) String() string {
	switch p {
	case PhaseRequest:
		return "OnRequest"
	case PhaseResponse:
		return "OnResponse"
	case PhaseError:
		return "OnError"
	default:
		return "none"
	}
}

// Action returns what was decided.
func (v Verdict) Action() Action { return v.action }

// Phase returns which handler made the verdict.
func (v Verdict) Phase() Phase { return v.phase }

// Request returns the request handed on by [RequestHandler.Next], else nil.
func (v Verdict) Request() *Request {
	r, _ := v.value.(*Request)
	return r
}

// Response returns the response handed on or resolved with, else nil.
func (v Verdict) Response() *Response {
	r, _ := v.value.(*Response)
	return r
}

// Err returns the error handed on or rejected with, else nil. A nil *[Error] is nil.
func (v Verdict) Err() error {
	if e, ok := v.value.(*Error); ok && e == nil {
		return nil
	}
	err, _ := v.value.(error)
	return err
}

// After returns how long a retry waits before it sends again.
func (v Verdict) After() time.Duration {
	d, _ := v.value.(time.Duration)
	return d
}

// Through tells whether the verdict was made with [Through].
func (v Verdict) Through() bool { return v.through }
