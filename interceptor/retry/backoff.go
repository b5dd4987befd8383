package retry

import (
	"math/rand/v2"
	"time"

	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/internal/header"
)

// wait returns how long to wait before the next retry, or false if the server asks for more than
// MaxRetryAfter.
func (c *Config) wait(retries int, resp *interceptor.Response) (time.Duration, bool) {
	var (
		after time.Duration
		asked bool
	)
	if resp != nil {
		after, asked = header.RetryAfter(resp.Header, time.Now())
	}
	switch {
	case !asked:
		return rand.N(c.ceiling(retries)), true
	case after > c.MaxRetryAfter:
		return 0, false
	default:
		return after + rand.N(c.BaseDelay), true
	}
}

// ceiling is the longest wait after so many retries: BaseDelay, doubled with each.
func (c *Config) ceiling(retries int) time.Duration {
	d := c.BaseDelay
	for range retries {
		if d >= c.MaxDelay/2 {
			return c.MaxDelay
		}
		d *= 2
	}
	return d
}
