// Package headernames finds the Authorization header of a request, in whatever spelling.
//
// # Overview
//
// A caller may write the map of headers directly, so the name need not be in its canonical form,
// and every name of every request has to be looked at. The requests of a client have few different
// sets of names, and a set that was searched before is recognized faster than it is searched.
//
// # Usage
//
//	var f headernames.Finder // one for all requests of a client
//	if f.Authorized(req.Header) { … }
//
// # Errors
//
// There are none.
//
// # Concurrency
//
// A Finder is safe for concurrent use. It remembers a few sets of names, and never forgets them.
//
// # Security
//
// It remembers names only. A header that it missed would be replaced by the session's token, so it
// never guesses: a set that it does not know is searched.
package headernames

import (
	"net/http"
	"strings"
	"sync/atomic"
)

// Finder finds an Authorization header in whatever spelling. Going through a map costs more than
// looking up the names that were there the last time, most of all while the collector runs, because
// an iterator writes pointers. So it remembers one set of names without Authorization for each
// size: a client sends few different sets. Larger requests than that are rare.
type Finder struct {
	sets [33]atomic.Pointer[[]string] // by size; written once
}

// Authorized reports whether the caller has put an Authorization header on the request.
func (f *Finder) Authorized(h http.Header) bool {
	if len(h) >= len(f.sets) {
		_, set := authorization(h)
		return set
	}
	known := &f.sets[len(h)]
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
	for k := range h {
		if len(k) == len(name) && strings.EqualFold(k, name) {
			named, set = true, set || len(h[k]) > 0
		}
	}
	return named, set
}
