package tokens

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/chatelaine-go/chatelaine/internal/header"
)

// MaxRetryAfter bounds how long a server may ask to wait.
const MaxRetryAfter = time.Hour

// RetryAfter returns how long the headers of a response ask to wait, and reports whether they ask
// to, or say that a rate limit is exhausted: Retry-After (RFC 9110, section 10.2.3),
// RateLimit-Remaining and X-RateLimit-Remaining with their Reset, and RateLimit as the drafts of
// the IETF have it. Date is the time of the server's clock.
func RetryAfter(h http.Header, date time.Time) (wait time.Duration, asked bool) {
	if date.IsZero() {
		date = time.Now()
	}
	if strings.TrimSpace(h.Get("Retry-After")) != "" { // nonsense there still means a limit
		wait, _ := header.RetryAfter(h, date)
		return min(max(wait, 0), MaxRetryAfter), true
	}
	for _, prefix := range []string{"Ratelimit-", "X-Ratelimit-", "X-Rate-Limit-"} {
		if strings.TrimSpace(h.Get(prefix+"Remaining")) == "0" {
			return reset(h.Get(prefix+"Reset"), date), true
		}
	}
	for part := range strings.FieldsFuncSeq(h.Get("Ratelimit"), func(r rune) bool { return r == ',' || r == ';' }) {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch {
		case (name == "r" || name == "remaining") && value == "0":
			asked = true
		case name == "t" || name == "reset":
			wait = reset(value, date)
		}
	}
	if !asked {
		wait = 0
	}
	return wait, asked
}

// reset reads when a rate limit is reset: in how many seconds, or when, in seconds since 1970.
func reset(value string, date time.Time) time.Duration {
	const epoch = 1_000_000_000 // no wait is that long
	n, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
	switch {
	case err != nil || n < 0 || n > maxUnix:
		return 0
	case n > epoch:
		return min(max(time.Unix(n, 0).Sub(date), 0), MaxRetryAfter)
	default:
		return min(time.Duration(n)*time.Second, MaxRetryAfter)
	}
}
