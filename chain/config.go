package chain

import (
	"net/http"

	"github.com/chatelaine-go/chatelaine/interceptor"
)

// Config adjusts a chain. The zero value is Dio's behavior, but that 3xx is no error, a bad status that nobody
// dealt with is a response, and retries are bounded.
type Config struct {
	// MaxAttempts bounds how often one call is sent, all retries of all interceptors together. Zero or less: 5.
	MaxAttempts int
	// ReturnOrder is the order of OnResponse and OnError. Default: Forward.
	ReturnOrder Order
	// IsError tells a bad response from a good one; it must not read the body. Nil: status 400 and above. Redirects
	// and 304 are no errors: net/http follows the former, the caller asked for the latter.
	IsError func(*http.Response) bool
	// ErrorOnBadStatus makes a bad status that no interceptor dealt with an error for the caller, as Dio does.
	// Default: the response with a nil error, as resty and net/http do.
	ErrorOnBadStatus bool
}

// Order is a direction through the list of interceptors.
type Order uint8

const (
	// Forward runs all three phases in list order, as Dio does.
	Forward Order = iota
	// Reverse runs OnResponse and OnError from the last interceptor to the first, so that pairs of encoder and
	// decoder nest like the layers of an onion.
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
	if c.MaxAttempts <= 0 {
		c.MaxAttempts = defaultMaxAttempts
	}
	if c.IsError == nil {
		c.IsError = badStatus
	}
	chain := &Chain{config: c}
	chain.list.Store(newList(nil))
	chain.Use(is...)
	return chain
}

func badStatus(r *http.Response) bool { return r.StatusCode >= http.StatusBadRequest }
