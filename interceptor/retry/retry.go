package retry

import (
	"strings"
	"time"

	"github.com/chatelaine-go/chatelaine/interceptor"
)

// Interceptor repeats calls. The zero value repeats nothing. It implements
// [interceptor.Interceptor] and is safe for concurrent use. Make one with [New].
type Interceptor struct {
	config  Config
	budgets budgets
}

var _ interceptor.Interceptor = (*Interceptor)(nil)

// New returns an interceptor. The error lists everything that is wrong with the configuration.
func New(c Config) (*Interceptor, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	c.setDefaults()
	return &Interceptor{config: c, budgets: budgets{Budget: c.Budget}}, nil
}

// call is the state of a call over its attempts.
type call struct {
	began   time.Time
	retries int
}

// OnRequest notes when the call began.
func (i *Interceptor) OnRequest(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
	if i.config.MaxElapsed > 0 && req.Extra(i) == nil {
		req.SetExtra(i, &call{began: time.Now()})
	}
	return h.Next(req)
}

// OnResponse returns a share of a token (Budget.PerSuccess) to the host of a call that succeeded at
// once.
func (i *Interceptor) OnResponse(resp *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict {
	if req := resp.Request; i.budgets.some.Load() && req != nil && req.Request != nil && req.URL != nil {
		if c := i.of(req); c == nil || c.retries == 0 {
			i.budgets.succeeded(hostOf(req))
		}
	}
	return h.Next(resp)
}

// OnError repeats the call, if the failure may pass and the request may be sent twice.
func (i *Interceptor) OnError(e *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
	req := e.Request
	if req == nil || req.Request == nil || req.URL == nil || !i.worthwhile(e) {
		return h.Next(e)
	}
	c := i.of(req)
	if c == nil {
		c = &call{began: time.Now()}
		req.SetExtra(i, c)
	}
	after, ok := i.after(e, c)
	if !ok || !i.budgets.take(hostOf(req)) {
		return h.Next(e)
	}
	c.retries++
	return h.Retry(after)
}

// worthwhile reports whether the failure may pass and the request may be sent again.
func (i *Interceptor) worthwhile(e *interceptor.Error) bool {
	if !e.FromTransport() || !replayable(e.Request.Request) {
		return false
	}
	switch choiceOf(e.Request.Context()) {
	case never:
		return false
	case always:
	default:
		if !i.config.repeatable(e) {
			return false
		}
	}
	return i.config.transient(e)
}

// after returns how long to wait, and false if that is too long, or the call has been repeated
// often enough.
func (i *Interceptor) after(e *interceptor.Error, c *call) (time.Duration, bool) {
	if c.retries >= i.config.MaxRetries {
		return 0, false
	}
	wait, ok := i.config.wait(c.retries, e.Response)
	if !ok || i.config.MaxElapsed > 0 && time.Since(c.began)+wait > i.config.MaxElapsed {
		return 0, false
	}
	// The chain would refuse, too, but the token would be gone.
	if deadline, ok := e.Request.Context().Deadline(); ok && time.Until(deadline) <= wait {
		return 0, false
	}
	return wait, true
}

// CopyOnWrite reports true: it modifies no request in place; see package interceptor, Optional
// methods.
func (i *Interceptor) CopyOnWrite() bool { return true }

// UsesRestyRequest reports whether chain.RestyRequest may be called; see package interceptor,
// Optional methods.
func (i *Interceptor) UsesRestyRequest() bool { return i.config.ShouldRetry != nil }

// String names the interceptor in errors.
func (i *Interceptor) String() string { return "retry" }

func (i *Interceptor) of(req *interceptor.Request) *call {
	c, _ := req.Extra(i).(*call)
	return c
}

// hostOf is what shares a budget: scheme, host and port.
func hostOf(req *interceptor.Request) string {
	host := req.URL.Host
	if req.URL.Scheme == "http" {
		host = "http://" + host // another server than that of https
	}
	return strings.ToLower(host)
}
