package retry

import (
	"errors"
	"net"
	"net/http"
	"slices"

	"github.com/chatelaine-go/chatelaine/interceptor"
)

// Transient reports whether a failure of the transport may pass: the connection failed, could not
// be made in time, or the transport's own time ran out. It is the default of [Config].ShouldRetry,
// together with [Config].Statuses; use it to build your own:
//
//	func(e *interceptor.Error) bool {
//		return retry.Transient(e) || e.Response != nil && e.Response.StatusCode >= 500
//	}
func Transient(e *interceptor.Error) bool {
	switch e.Kind {
	case interceptor.KindConnection, interceptor.KindConnectTimeout, interceptor.KindTimeout:
		return true
	default:
		return false
	}
}

// transient is the decision of the configuration.
func (c *Config) transient(e *interceptor.Error) bool {
	switch {
	case c.ShouldRetry != nil:
		return c.ShouldRetry(e)
	case e.Response != nil:
		return slices.Contains(c.Statuses, e.Response.StatusCode)
	default:
		return Transient(e)
	}
}

// repeatable reports whether the request may be sent twice.
func (c *Config) repeatable(e *interceptor.Error) bool {
	r := e.Request.Request
	switch method := r.Method; {
	case method == "" && slices.Contains(c.Methods, http.MethodGet), slices.Contains(c.Methods, method):
		return true
	case len(r.Header[c.IdempotencyHeader]) > 0 && r.Header[c.IdempotencyHeader][0] != "":
		return true
	default:
		return unsent(e)
	}
}

// unsent reports whether the request was never sent, because there was no connection for it.
func unsent(e *interceptor.Error) bool {
	if e.Response != nil {
		return false
	}
	if e.Kind == interceptor.KindConnectTimeout {
		return true
	}
	var (
		op  *net.OpError
		dns *net.DNSError
	)
	return errors.As(e.Err, &dns) || errors.As(e.Err, &op) && op.Op == "dial"
}

// replayable reports whether the body can be sent again.
func replayable(r *http.Request) bool {
	return r.Body == nil || r.Body == http.NoBody || r.GetBody != nil
}
