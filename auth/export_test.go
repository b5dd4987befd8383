package auth

import (
	"net/http"
	"time"
)

// RetryAfter reads the header.
func RetryAfter(value string, date time.Time) time.Duration { return retryAfter(value, date) }

// ParseToken reads an answer.
func ParseToken(body []byte, h http.Header, asked time.Time) (Token, bool) {
	return parseToken(&answer{status: http.StatusOK, header: h, body: body}, "", "", asked)
}
