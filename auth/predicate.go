package auth

import (
	"bytes"
	"net/http"
	"slices"

	"github.com/chatelaine-go/chatelaine/interceptor"
)

// predicateLimit is how much of a body a predicate looks at.
const predicateLimit = 64 << 10

// StatusWithMessage returns a [Config].ShouldRefresh for servers that say in the body why they
// refuse: StatusWithMessage(401, "Invalid JWT") reports true for that status with that text in the
// first 64 KiB of the body.
//
// It sees what [interceptor.Response.Peek] shows: the body as the caller will see it, without the
// gzip that a caller asked for, but nothing of an event stream, or of a good status with a body
// whose length is not known.
func StatusWithMessage(status int, message string) func(*interceptor.Response) bool {
	return func(r *interceptor.Response) bool {
		if r.StatusCode != status {
			return false
		}
		head, _ := r.Peek(predicateLimit) // the caller meets the error
		return bytes.Contains(head, []byte(message))
	}
}

// StatusIn returns a [Config].ShouldRefresh for servers that respond to an expired token with one
// of the statuses, such as 403, unless the challenge rules it out; see [Unauthorized].
func StatusIn(statuses ...int) func(*interceptor.Response) bool {
	statuses = slices.Clone(statuses)
	return func(r *interceptor.Response) bool {
		return slices.Contains(statuses, r.StatusCode) && newTokenHelps(r.Header)
	}
}

// Unauthorized is the default of [Config].ShouldRefresh: status 401, unless the challenge says that
// a new token would not help. These do: the errors insufficient_scope and invalid_request (RFC
// 6750, section 3.1), insufficient_user_authentication (RFC 9470), insufficient_claims,
// use_dpop_nonce and invalid_dpop_proof (RFC 9449), and challenges for other schemes only, such as
// Basic or Negotiate. Then the caller gets the response.
func Unauthorized(r *interceptor.Response) bool {
	return r.StatusCode == http.StatusUnauthorized && newTokenHelps(r.Header)
}
