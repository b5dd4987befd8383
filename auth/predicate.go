package auth

import (
	"bytes"
	"compress/gzip"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/chatelaine-go/chatelaine/interceptor"
)

// predicateLimit is how much of a body a predicate looks at.
const predicateLimit = 64 << 10

// StatusWithMessage returns a [Config].ShouldRefresh for servers that say in the body why they refuse:
// StatusWithMessage(401, "Invalid JWT") reports true for that status with that text in the body.
//
// It looks at the body as the caller will see it, without the gzip that a caller asked for, and no further than
// 64 KiB. It never holds a stream back: an event stream is not looked at, and neither is a good status with a body
// whose length is not known or larger.
func StatusWithMessage(status int, message string) func(*interceptor.Response) bool {
	return func(r *interceptor.Response) bool {
		return r.StatusCode == status && peekable(r) && bytes.Contains(peekDecoded(r), []byte(message))
	}
}

// peekable reports whether waiting for the beginning of the body delays nothing that the caller waits for.
func peekable(r *interceptor.Response) bool {
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")) // "" if it is none
	switch media {
	case "text/event-stream", "multipart/x-mixed-replace", "application/x-ndjson", "application/grpc":
		return false
	}
	return r.StatusCode >= http.StatusBadRequest || r.ContentLength >= 0 && r.ContentLength <= predicateLimit
}

// peekDecoded returns the beginning of the body. The error of a body that breaks off is for the caller to meet.
func peekDecoded(r *interceptor.Response) []byte {
	head, _ := r.Peek(predicateLimit)
	if !strings.EqualFold(r.Header.Get("Content-Encoding"), "gzip") {
		return head
	}
	z, err := gzip.NewReader(bytes.NewReader(head))
	if err != nil {
		return head
	}
	plain, _ := io.ReadAll(io.LimitReader(z, predicateLimit)) // as far as it can be read
	return plain
}

// StatusIn returns a [Config].ShouldRefresh for servers that answer an expired token with one of the statuses, such as
// 403, unless the challenge rules it out; see [Unauthorized].
func StatusIn(statuses ...int) func(*interceptor.Response) bool {
	statuses = slices.Clone(statuses)
	return func(r *interceptor.Response) bool {
		return slices.Contains(statuses, r.StatusCode) && newTokenHelps(r.Header)
	}
}

// Unauthorized is the default of [Config].ShouldRefresh: status 401, unless the challenge says that a new token would
// not help. These do: the errors insufficient_scope and invalid_request (RFC 6750, section 3.1),
// insufficient_user_authentication (RFC 9470), insufficient_claims, use_dpop_nonce and invalid_dpop_proof (RFC 9449),
// and challenges for other schemes only, such as Basic or Negotiate. Then the caller gets the response.
func Unauthorized(r *interceptor.Response) bool {
	return r.StatusCode == http.StatusUnauthorized && newTokenHelps(r.Header)
}
