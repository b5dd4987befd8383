package retry

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/chatelaine-go/chatelaine/interceptor"
)

// wait returns how long to wait before the next retry, and false if the server asks for longer than we wait.
func (c *Config) wait(retries int, resp *interceptor.Response) (time.Duration, bool) {
	after, asked := retryAfter(resp)
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

// forever is longer than anybody waits, and short enough to add to.
const forever = 1 << 61 * time.Nanosecond

// retryAfter reads the Retry-After of a response (RFC 9110 §10.2.3): seconds, or a date, which is compared with the
// response's own Date, so that wrong clocks do not matter. A zero, a date that has passed, and nonsense ask for nothing.
func retryAfter(resp *interceptor.Response) (after time.Duration, asked bool) {
	if resp == nil {
		return 0, false
	}
	value := strings.TrimSpace(resp.Header.Get("Retry-After"))
	if value == "" {
		return 0, false
	}
	if !strings.ContainsFunc(value, func(r rune) bool { return r < '0' || r > '9' }) {
		seconds, err := strconv.ParseInt(value, 10, 64)
		if err != nil || seconds > int64(forever/time.Second) {
			return forever, true
		}
		return time.Duration(seconds) * time.Second, seconds > 0
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	now := time.Now()
	if server, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		now = server
	}
	after = date.Sub(now)
	return after, after > 0
}
