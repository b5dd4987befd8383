package chain

import (
	"maps"
	"math/bits"
	"net/http"
	"net/url"
	"slices"

	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/internal/engine"
)

// attempt is what interceptors see of one attempt, in one allocation. A transport may still read
// the request when it has returned, so the next attempt gets its own.
type attempt struct {
	http  http.Request
	req   interceptor.Request
	resp  interceptor.Response
	state engine.Call // of the whole call; that of the first attempt is the one in use
}

// attemptURL is an attempt with its own URL.
type attemptURL struct {
	attempt

	url url.URL
}

// firstAttempt begins a call.
func (l *list) firstAttempt(r *http.Request) *attempt {
	a := l.newAttempt(r)
	a.state.Attempt, a.state.Redirected = 1, r.Response != nil
	a.req = interceptor.Request{Request: &a.http, Call: &a.state}
	return a
}

// newAttempt copies what the interceptors may write into. The URL is shared with the caller's
// request if all of them promise CopyOnWrite. The values of headers are shared in any case, but
// without that promise they have no room to append another one in place.
func (l *list) newAttempt(r *http.Request) *attempt {
	if l.sharing {
		a := new(attempt)
		a.copy(r)
		return a
	}
	a := new(attemptURL)
	a.copy(r)
	if r.URL != nil {
		a.url = *r.URL
		a.http.URL = &a.url
	}
	for k, v := range a.http.Header {
		if cap(v) > len(v) {
			a.http.Header[k] = slices.Clip(v)
		}
	}
	return &a.attempt
}

// copy copies the request and the map of its header.
func (a *attempt) copy(r *http.Request) {
	a.http = *r
	switch n := len(r.Header); {
	case n == 0:
		a.http.Header = make(http.Header)
	case full(n):
		a.http.Header = make(http.Header, 2*n)
		maps.Copy(a.http.Header, r.Header)
	default:
		a.http.Header = maps.Clone(r.Header)
	}
}

// full reports whether a map of n headers has no room for another one: a group of the runtime's
// maps holds eight, a table seven eighths of a power of two. A clone would grow at once, which
// costs one or two more allocations; for other sizes it costs less than a copy.
func full(n int) bool { return n == 8 || n >= 14 && n%7 == 0 && bits.OnesCount(uint(n/7)) == 1 }
