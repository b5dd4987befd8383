package retry

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/chatelaine-go/chatelaine/interceptor"
)

// Config configures what is repeated, when and how often. The zero value is usable.
type Config struct {
	// MaxRetries bounds how often one call is repeated. Default 3; negative: it never is.
	MaxRetries int
	// BaseDelay is the longest wait before the first retry. Default 200 ms, or MaxDelay if that is
	// less.
	BaseDelay time.Duration
	// MaxDelay is the longest wait before any retry, unless the server asks for more. Default 10 s,
	// or BaseDelay if that is more.
	MaxDelay time.Duration
	// MaxRetryAfter is the longest Retry-After that is waited for; a response that asks for more is
	// not repeated. Default 30 s; negative: none is waited for.
	MaxRetryAfter time.Duration
	// MaxElapsed is how long after the beginning of a call its last retry may begin. Default 1 min;
	// negative: no bound but the context.
	MaxElapsed time.Duration
	// Statuses are the response statuses that are repeated. Nil: 408, 429, 502, 503 and 504; empty:
	// none.
	Statuses []int
	// Methods are those of requests that may be sent twice. Nil: GET, HEAD, OPTIONS, TRACE, PUT and
	// DELETE.
	Methods []string
	// IdempotencyHeader is the header that makes any request one that may be sent twice. Default
	// "Idempotency-Key".
	IdempotencyHeader string
	// ShouldRetry reports whether a failure may pass, in place of [Transient] and Statuses, which
	// must be nil then. It is asked about bad statuses and failures of the transport only, by
	// multiple goroutines at once, and must read the body by [interceptor.Response.Peek] only.
	// Whether the request may be sent twice is another question, see Methods.
	ShouldRetry func(*interceptor.Error) bool
	// Budget bounds the retries of all calls to a host.
	Budget Budget
}

// The defaults.
const (
	defaultMaxRetries    = 3
	defaultBaseDelay     = 200 * time.Millisecond
	defaultMaxDelay      = 10 * time.Second
	defaultMaxRetryAfter = 30 * time.Second
	defaultMaxElapsed    = time.Minute
)

func (c *Config) setDefaults() {
	if c.MaxRetries == 0 {
		c.MaxRetries = defaultMaxRetries
	}
	if c.MaxDelay == 0 {
		c.MaxDelay = max(defaultMaxDelay, c.BaseDelay)
	}
	if c.BaseDelay == 0 {
		c.BaseDelay = min(defaultBaseDelay, c.MaxDelay)
	}
	if c.MaxRetryAfter == 0 {
		c.MaxRetryAfter = defaultMaxRetryAfter
	}
	if c.MaxElapsed == 0 {
		c.MaxElapsed = defaultMaxElapsed
	}
	if c.Statuses == nil {
		c.Statuses = []int{
			http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusBadGateway,
			http.StatusServiceUnavailable, http.StatusGatewayTimeout,
		}
	}
	if c.Methods == nil {
		c.Methods = []string{
			http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace, http.MethodPut, http.MethodDelete,
		}
	}
	if c.IdempotencyHeader == "" {
		c.IdempotencyHeader = "Idempotency-Key"
	}
	c.Statuses, c.Methods = slices.Clone(c.Statuses), slices.Clone(c.Methods)
	c.IdempotencyHeader = http.CanonicalHeaderKey(c.IdempotencyHeader)
	c.Budget = c.Budget.withDefaults()
}

func (c *Config) check() error {
	var errs []error
	if c.BaseDelay < 0 {
		errs = append(errs, fmt.Errorf("retry: Config.BaseDelay is %v; it must not be negative", c.BaseDelay))
	}
	if c.MaxDelay < 0 || c.MaxDelay > 0 && c.MaxDelay < c.BaseDelay {
		errs = append(errs, fmt.Errorf("retry: Config.MaxDelay is %v; it must be at least BaseDelay", c.MaxDelay))
	}
	for _, s := range c.Statuses {
		if s < 200 || s > 999 {
			errs = append(errs, fmt.Errorf("retry: Config.Statuses: %d is not a valid response status", s))
		}
	}
	for _, m := range c.Methods {
		if m == "" {
			errs = append(errs, errors.New("retry: Config.Methods: a method is empty"))
		}
	}
	if c.ShouldRetry != nil && c.Statuses != nil {
		errs = append(errs, errors.New("retry: Config.ShouldRetry replaces Config.Statuses; set one of them"))
	}
	return errors.Join(append(errs, c.Budget.check())...)
}
