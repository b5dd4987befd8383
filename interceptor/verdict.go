package interceptor

import (
	"fmt"
	"time"

	"github.com/chatelaine-go/chatelaine/internal/engine"
	"github.com/chatelaine-go/chatelaine/internal/escape"
)

// Verdict is what a callback decided. Only a handler makes one. A callback that returns the zero
// Verdict, or the verdict of another callback's handler, makes the call fail with an error that
// names the interceptor.
//
// Verdicts are comparable: a test of an interceptor may compare what a callback returned with what
// a handler makes, such as RequestHandler{}.Next(req).
type Verdict engine.Verdict

// String describes the verdict for messages and tests: "next", "resolve 200", "reject: reason",
// "reject through: reason", "retry", "retry after 1s", or "none" for the zero Verdict.
func (v Verdict) String() string {
	d := engine.Verdict(v)
	text := d.Action().String()
	if d.Through() {
		text += " through"
	}
	switch value := d.Value().(type) {
	case *Response:
		if d.Action() == engine.Resolve && value != nil && value.Response != nil {
			text = fmt.Sprintf("%s %d", text, value.StatusCode)
		}
	case *Error:
		if value != nil && d.Action() == engine.Reject {
			text += ": " + escape.Line(value.Error())
		}
	case error:
		if d.Action() == engine.Reject {
			text += ": " + escape.Line(value.Error())
		}
	case time.Duration:
		if value > 0 {
			text += " after " + value.String()
		}
	}
	return text
}
