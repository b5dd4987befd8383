package auth

import (
	"net/http"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/internal/tokens"
)

// ParseTokenAt reads a good response to a request that was sent at a known time.
func ParseTokenAt(body []byte, h http.Header, asked time.Time) (Token, bool) {
	t, failure := tokens.Parse(tokens.Response{Status: http.StatusOK, Header: h, Body: body, Asked: asked}, tokens.Names{})
	return Token(t), failure == nil
}
