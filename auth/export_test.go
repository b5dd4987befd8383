package auth

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"time"
)

// Bind prepares a refresher as New does.
func Bind(r OAuth2Refresher) (Refresher, error) { return r.bind(nil, &Config{}) }

// RetryAfter reads the header.
func RetryAfter(value string, date time.Time) time.Duration { return retryAfter(value, date) }

// ParseToken reads an answer.
func ParseToken(body []byte, contentType string, now time.Time) (Token, bool) {
	return parseToken(&answer{status: http.StatusOK, header: http.Header{"Content-Type": {contentType}}, body: body}, "", "", now)
}

// Encode64 is the encoding of a JWT's parts.
func Encode64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// Itoa writes a number.
func Itoa(n int64) string { return strconv.FormatInt(n, 10) }
