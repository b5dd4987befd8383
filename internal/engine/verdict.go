package engine

// Verdict is what a callback decided. The zero Verdict decides nothing.
type Verdict struct {
	value   any // *Request, *Response, error or time.Duration: one field, to fit into registers
	phase   Phase
	action  Action
	through bool
}

// Decide returns the verdict of a handler.
func Decide(p Phase, a Action, value any, through bool) Verdict {
	return Verdict{phase: p, action: a, value: value, through: through}
}

// Phase returns the callback whose handler made the verdict.
func (v Verdict) Phase() Phase { return v.phase }

// Action returns what was decided.
func (v Verdict) Action() Action { return v.action }

// Value returns the argument of the handler's method: a request, a response, an error or a wait.
func (v Verdict) Value() any { return v.value }

// Through reports whether the result passes through all callbacks of its kind.
func (v Verdict) Through() bool { return v.through }

// Action is the decision of a [Verdict].
type Action uint8

// The actions. None is the action of the zero Verdict.
const (
	None Action = iota
	Next
	Resolve
	Reject
	Retry
)

// String names the action.
func (a Action) String() string {
	switch a {
	case Next:
		return "next"
	case Resolve:
		return "resolve"
	case Reject:
		return "reject"
	case Retry:
		return "retry"
	default:
		return "none"
	}
}

// Phase is one of the three callbacks.
type Phase uint8

// The phases. NoPhase is the phase of the zero Verdict.
const (
	NoPhase Phase = iota
	OnRequest
	OnResponse
	OnError
)

// String names the callback.
func (p Phase) String() string {
	switch p {
	case OnRequest:
		return "OnRequest"
	case OnResponse:
		return "OnResponse"
	case OnError:
		return "OnError"
	default:
		return "none"
	}
}
