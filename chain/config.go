package chain

import (
	"net/http"

	"github.com/chatelaine-go/chatelaine/interceptor"
)

// Config adjusts a chain. The zero value matches Dio except that 3xx is not an error, a bad status
// that no interceptor handled is a response, and retries are bounded.
type Config struct {
	// MaxAttempts bounds how often one call is sent, all retries of all interceptors together.
	// Zero or less: 5.
	MaxAttempts int
	// ReturnOrder is the order of OnResponse and OnError. Default: Forward.
	ReturnOrder Order
	// IsError reports whether a response is bad; it must not read the body. Nil: status 400 and
	// above. Redirects and 304 are not errors: net/http follows the former, and the caller asked
	// for the latter.
	IsError func(*http.Response) bool
	// ErrorOnBadStatus makes a bad status that no interceptor handled an error for the caller, as
	// Dio does. Default: the response with a nil error, as resty and net/http do.
	ErrorOnBadStatus bool
}

// Order is a direction through the list of interceptors.
type Order uint8

const (
	// Forward runs all three phases in list order, as Dio does.
	Forward Order = iota
	// Reverse runs OnResponse and OnError from the last interceptor to the first, so that pairs of
	// encoder and decoder nest like the layers of an onion. Put such a pair behind auth: see the
	// example of Order.
	Reverse
)

// String names the order.
func (o Order) String() string {
	if o == Reverse {
		return "reverse"
	}
	return "forward"
}

const defaultMaxAttempts = 5

// New returns a chain of the interceptors, which run in the order given; nil ones are left out.
func (c Config) New(is ...interceptor.Interceptor) *Chain {
	chain := &Chain{config: c}
	chain.Use(is...)
	return chain
}

func (c *Chain) maxAttempts() int {
	if c.config.MaxAttempts <= 0 {
		return defaultMaxAttempts
	}
	return c.config.MaxAttempts
}

func (c *Chain) isError(r *http.Response) bool {
	if c.config.IsError == nil {
		return r.StatusCode >= http.StatusBadRequest
	}
	return c.config.IsError(r)
}
