package auth

import (
	"bytes"
	"net/http"
	"slices"

	"github.com/chatelaine-go/chatelaine/interceptor"
)

// predicateLimit is how much of a body a predicate looks at.
const predicateLimit = 64 << 10

// StatusWithMessage returns a [Config].ShouldRefresh for servers that say in the body why they refuse:
// StatusWithMessage(401, "Invalid JWT") is true for that status with that text within the first 64 KiB.
func StatusWithMessage(status int, message string) func(*interceptor.Response) bool {
	return func(r *interceptor.Response) bool {
		if r.StatusCode != status {
			return false
		}
		head, _ := r.Peek(predicateLimit) // what came is looked at; the caller meets the error
		return bytes.Contains(head, []byte(message))
	}
}

// StatusIn returns a [Config].ShouldRefresh for servers that answer an expired token with one of the statuses, such as 403,
// unless the challenge says insufficient_scope.
func StatusIn(statuses ...int) func(*interceptor.Response) bool {
	statuses = slices.Clone(statuses)
	return func(r *interceptor.Response) bool {
		return slices.Contains(statuses, r.StatusCode) && !insufficientScope(r.Header)
	}
}

// Unauthorized is the default of [Config].ShouldRefresh: status 401, unless the challenge says insufficient_scope.
func Unauthorized(r *interceptor.Response) bool {
	return r.StatusCode == http.StatusUnauthorized && !insufficientScope(r.Header)
}
