package auth

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// A refusal is remembered for a minute, one that repeats itself for twice as long each time.
	firstRefusal = time.Minute
	maxRefusal   = 8 * time.Minute
	// trial is how long it may take to learn whether a fresh token helps a request.
	trial = 10 * time.Second
	// maxRefusals bounds how many are remembered.
	maxRefusals = 256
)

// refusals remembers which requests are refused even with a fresh token, so that an endpoint that
// is forbidden to this user costs one refresh and not one per call. The callers get the server's
// response.
//
// A refusal is remembered per method and path, in which segments that look like identifiers count
// as equal. It counts for the very token that was refused, and for any token that the server
// accepts elsewhere. It ends with the next response of that kind that is not a refusal, and after
// some minutes; it does not keep a token from being refreshed that has expired by the clock, nor a
// request from being sent again with a newer token that is there already.
type refusals struct {
	some atomic.Bool // there may be one; read by every request
	mu   sync.Mutex
	last map[string]refusal // made when it is first needed; most sessions never do
}

type refusal struct {
	at    time.Time
	lasts time.Duration
	token tokenName // the fresh token that was refused
	trial bool      // it is not known yet whether it is
}

// try notes that the request is about to be sent again with the fresh token of s. Until it is known
// whether that helps, other requests of the kind that are refused with this very token do not have
// it refreshed: they were sent between the refresh and the verdict, and are sent again once.
func (r *refusals) try(req *http.Request, s *session, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := refusalKey(req)
	if _, known := r.last[key]; known || len(r.last) >= maxRefusals {
		return
	}
	if r.last == nil {
		r.last = make(map[string]refusal)
	}
	r.last[key] = refusal{at: now, lasts: trial, token: s.tokenName(), trial: true}
	r.some.Store(true)
}

// add remembers that the request was refused with a token that had just been refreshed for it.
func (r *refusals) add(req *http.Request, s *session, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last == nil {
		r.last = make(map[string]refusal)
	}
	key := refusalKey(req)
	last, known := r.last[key]
	if last.trial {
		last.lasts = 0
	}
	if !known && len(r.last) >= maxRefusals {
		r.evict()
	}
	r.last[key] = refusal{at: now, lasts: min(max(2*last.lasts, firstRefusal), maxRefusal), token: s.tokenName()}
	r.some.Store(true)
}

// evict forgets the oldest refusal.
func (r *refusals) evict() {
	oldest := ""
	for key, one := range r.last {
		if oldest == "" || one.at.Before(r.last[oldest].at) {
			oldest = key
		}
	}
	delete(r.last, oldest)
}

// has reports whether a token newer than that of s would not help the request.
func (r *refusals) has(req *http.Request, s *session, now time.Time) bool {
	if !r.some.Load() {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	last, known := r.last[refusalKey(req)]
	return known && !last.trial && now.Sub(last.at) < last.lasts &&
		(last.token == s.tokenName() || s.marks.accepted.Load())
}

// trying reports whether it is being tried if the token of s, which is fresh, helps the request.
func (r *refusals) trying(req *http.Request, s *session, now time.Time) bool {
	if !r.some.Load() {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	last := r.last[refusalKey(req)]
	return last.trial && now.Sub(last.at) < last.lasts && last.token == s.tokenName()
}

// forget ends the memory of a request that was not refused.
func (r *refusals) forget(req *http.Request) {
	if !r.some.Load() {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.last, refusalKey(req))
	r.some.Store(len(r.last) > 0)
}

// refusalKey names a kind of request: method, host, and path, with * for identifiers.
func refusalKey(req *http.Request) string {
	segments := strings.Split(req.URL.Path, "/")
	for i, s := range segments {
		if isIdentifier(s) {
			segments[i] = "*"
		}
	}
	return req.Method + " " + req.URL.Host + strings.Join(segments, "/")
}

// isIdentifier reports whether a segment of a path looks like the name of one thing among many: a
// number, or a long word with digits in it, such as a UUID.
func isIdentifier(s string) bool {
	digits := 0
	for i := range len(s) {
		if '0' <= s[i] && s[i] <= '9' {
			digits++
		}
	}
	return digits > 0 && (digits == len(s) || len(s) >= 16)
}
