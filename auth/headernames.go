package auth

import (
	"net/http"
	"strings"
	"sync/atomic"
)

// headerNames finds an Authorization header in whatever spelling. Going through a small map costs
// more than looking up the names that were there the last time, so it remembers one set of names
// without Authorization for each size: a client sends few different sets. From six names on, going
// through the map costs less.
type headerNames struct {
	sets [6]atomic.Pointer[[]string] // by size; written once
}

// authorized reports whether the caller has put an Authorization header on the request.
func (n *headerNames) authorized(h http.Header) bool {
	if len(h) >= len(n.sets) {
		named, set := authorization(h)
		return named && set
	}
	known := &n.sets[len(h)]
	if names := known.Load(); names != nil && hasAll(h, *names) {
		return false
	}
	named, set := authorization(h)
	if !named && known.Load() == nil {
		names := make([]string, 0, len(h))
		for name := range h {
			names = append(names, strings.Clone(name))
		}
		known.CompareAndSwap(nil, &names)
	}
	return set
}

// hasAll reports whether h has all names, and so no others if there are as many.
func hasAll(h http.Header, names []string) bool {
	for _, name := range names {
		if _, ok := h[name]; !ok {
			return false
		}
	}
	return true
}

// authorization reports whether an Authorization header is named in h, and whether it has a value.
func authorization(h http.Header) (named, set bool) {
	const name = "Authorization"
	for k, v := range h {
		if len(k) == len(name) && strings.EqualFold(k, name) {
			named, set = true, set || len(v) > 0
		}
	}
	return named, set
}
