package tokens

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// MaxRetryAfter bounds how long a server may ask to wait.
const MaxRetryAfter = time.Hour

// RetryAfter returns how long the headers of a response ask to wait, and reports whether they ask to, or say that a
// rate limit is exhausted: Retry-After (RFC 9110, section 10.2.3), RateLimit-Remaining and X-RateLimit-Remaining with
// their Reset, and RateLimit as the drafts of the IETF have it. Date is the time of the server's clock.
func RetryAfter(h http.Header, date time.Time) (wait time.Duration, asked bool) {
	if v := strings.TrimSpace(h.Get("Retry-After")); v != "" {
		return seconds(v, date), true
	}
	for _, prefix := range []string{"RateLimit-", "X-RateLimit-", "X-Rate-Limit-"} {
		if strings.TrimSpace(h.Get(prefix+"Remaining")) == "0" {
			return reset(h.Get(prefix+"Reset"), date), true
		}
	}
	for part := range strings.FieldsFuncSeq(h.Get("RateLimit"), func(r rune) bool { return r == ',' || r == ';' }) {
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

// seconds reads a number of seconds, or a date by the clock of the server.
func seconds(value string, date time.Time) time.Duration {
	n, err := strconv.ParseUint(value, 10, 31)
	if err == nil || errors.Is(err, strconv.ErrRange) {
		return min(time.Duration(n)*time.Second, MaxRetryAfter)
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return until(at, date)
}

// reset reads when a rate limit is reset: in how many seconds, or when, in seconds since 1970.
func reset(value string, date time.Time) time.Duration {
	const epoch = 1_000_000_000 // no wait is that long
	n, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
	if err == nil && n > epoch && n < maxUnix {
		return until(time.Unix(n, 0), date)
	}
	return seconds(strings.TrimSpace(value), date)
}

func until(at, date time.Time) time.Duration {
	if date.IsZero() {
		date = time.Now()
	}
	return min(max(at.Sub(date), 0), MaxRetryAfter)
}
