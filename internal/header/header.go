// Package header has what several packages do with the values of HTTP headers.
//
// # Overview
//
// [Visible] checks values that may come from strangers, [UUID] makes new ones, [RetryAfter] reads
// how long a server wants to be left alone. The grammar of tokens and challenges is in package
// challenge.
//
// # Usage
//
//	wait, asked := header.RetryAfter(resp.Header, time.Now())
//
// # Errors
//
// There are none: a value that cannot be read counts as absent.
//
// # Concurrency
//
// The functions are safe for concurrent use.
//
// # Security
//
// A visible value cannot end a header line or begin a new one.
package header

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Visible reports whether s is a value of 1 to longest visible ASCII characters, without spaces.
func Visible(s string, longest int) bool {
	return s != "" && len(s) <= longest && !strings.ContainsFunc(s, func(r rune) bool { return r < '!' || r > '~' })
}

// UUID returns a random UUID (RFC 9562, section 5.4).
func UUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	text := []byte("xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx")
	hex.Encode(text[0:], b[0:4])
	hex.Encode(text[9:], b[4:6])
	hex.Encode(text[14:], b[6:8])
	hex.Encode(text[19:], b[8:10])
	hex.Encode(text[24:], b[10:16])
	return string(text)
}

// Forever is longer than anyone waits, and short enough to add to.
const Forever = 1 << 61 * time.Nanosecond

// RetryAfter reads the Retry-After of a response received at now (RFC 9110, section 10.2.3):
// seconds, or a date, which is compared with the response's own Date, so that wrong clocks do not
// matter. Zero, a date in the past, and nonsense ask for nothing. The result is at most [Forever].
func RetryAfter(h http.Header, now time.Time) (after time.Duration, asked bool) {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if value == "" {
		return 0, false
	}
	if !strings.ContainsFunc(value, func(r rune) bool { return r < '0' || r > '9' }) {
		seconds, err := strconv.ParseInt(value, 10, 64)
		if err != nil || seconds > int64(Forever/time.Second) {
			return Forever, true
		}
		return time.Duration(seconds) * time.Second, seconds > 0
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	if server, err := http.ParseTime(h.Get("Date")); err == nil {
		now = server
	}
	after = date.Sub(now)
	return min(after, Forever), after > 0
}
