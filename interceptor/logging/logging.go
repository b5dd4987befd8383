package logging

import (
	"context"
	"log/slog"
	"math"

	"github.com/chatelaine-go/chatelaine/interceptor"
)

// Interceptor writes the records. The zero value writes nothing. It implements
// [interceptor.Interceptor] and is safe for concurrent use. Make one with [New].
type Interceptor struct {
	config Config
}

var _ interceptor.Interceptor = (*Interceptor)(nil)

// New returns an interceptor. The error lists everything that is wrong with the configuration.
func New(c Config) (*Interceptor, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if c.Level == nil {
		c.Level = DefaultLevel
	}
	return &Interceptor{config: c}, nil
}

// OnRequest begins the record of an attempt.
func (l *Interceptor) OnRequest(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
	l.begin(req)
	return h.Next(req)
}

// OnResponse writes the record at the end of the body.
func (l *Interceptor) OnResponse(resp *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict {
	if a := l.of(resp.Request); a != nil && resp.Response != nil {
		a.respond(resp.Response)
	}
	return h.Next(resp)
}

// OnError writes the record of a failure at once, and that of a bad status at the end of its body.
func (l *Interceptor) OnError(e *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
	a := l.of(e.Request)
	if a == nil {
		return h.Next(e)
	}
	if r := e.Response; r != nil && r.Response != nil && e.Kind == interceptor.KindBadResponse && e.Err == nil {
		a.respond(r.Response)
	} else {
		a.fail(e)
	}
	return h.Next(e)
}

// CopyOnWrite reports true: it modifies no request in place; see package interceptor, Optional
// methods.
func (l *Interceptor) CopyOnWrite() bool { return true }

// UsesRestyRequest reports whether chain.RestyRequest may be called; see package interceptor,
// Optional methods.
func (l *Interceptor) UsesRestyRequest() bool { return l.config.Attrs != nil }

// String names the interceptor in errors.
func (l *Interceptor) String() string { return "logging" }

// begin notes an attempt, if the logger is enabled at all.
func (l *Interceptor) begin(req *interceptor.Request) {
	defer contain()
	if a := l.of(req); a != nil {
		if a.status != 0 { // an earlier interceptor had the request sent again, so no callback ended this attempt
			a.finish(Outcome{Status: a.status})
		}
		req.SetExtra(l, (*attempt)(nil))
	}
	ctx := req.Context()
	if l.config.Logger == nil || quiet(ctx) || !l.config.Logger.Handler().Enabled(ctx, slog.Level(math.MaxInt)) {
		return
	}
	a := newAttempt(l, req)
	if l.config.Requests {
		a.announce()
	}
	req.SetExtra(l, a)
}

func (l *Interceptor) of(req *interceptor.Request) *attempt {
	if req == nil || req.Request == nil {
		return nil
	}
	a, _ := req.Extra(l).(*attempt)
	return a
}

// enabled reports whether a record of this outcome would be written, and returns its level.
func (l *Interceptor) enabled(ctx context.Context, o Outcome) (slog.Level, bool) {
	level := l.config.Level(o)
	return level, l.config.Logger.Handler().Enabled(ctx, level)
}

// contain keeps a panic of user code (handler, level, attributes, values) from the call. Defer it.
func contain() { _ = recover() }
