// Package refusals remembers which requests are refused even with a fresh token.
//
// # Overview
//
// An endpoint that is forbidden to a user refuses every token with the status that also means "your
// token has expired". Without a memory, each call of it would cost a refresh and a second send.
// With one, the first call does; the callers of the next ones get the server's response.
//
// # Usage
//
//	m.Try(req, fresh, now)  // before it is sent again with the token that was refreshed for it
//	m.Add(req, fresh, now)  // when that was refused as well
//	m.Forget(req)           // when the server accepted a request of this kind
//	switch m.About(req, token, accepted, now) { … }
//
// # Errors
//
// There are none. A mistake costs one refresh too many, or a 401 that a refresh would have avoided,
// for some minutes at most.
//
// # Concurrency
//
// A Memory is safe for concurrent use. While it is empty, as it mostly is, it costs one atomic
// load.
//
// # Security
//
// It holds methods, hosts and paths, neither queries nor tokens.
package refusals

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/internal/record"
)

const (
	// A refusal is remembered for a minute, one that repeats itself for twice as long each time.
	first   = time.Minute
	longest = 8 * time.Minute
	// trial is how long it may take to learn whether a fresh token helps a request.
	trial = 10 * time.Second
	// most bounds how many are remembered: the paths may come from anywhere.
	most = 256
)

// Memory holds the refusals of one session. The zero value is empty.
//
// A refusal is remembered per method and path, in which segments that look like identifiers count
// as equal. It counts for the very token that was refused, and for any token that the server
// accepts elsewhere. It ends with the next response of that kind that is not a refusal, and after
// some minutes.
type Memory struct {
	some atomic.Bool // kinds is not empty; read by every request
	mu   sync.Mutex
	// kinds is made when it is first needed: with many sessions in memory, most never need it.
	kinds map[string]refusal
}

type refusal struct {
	at    time.Time
	lasts time.Duration
	token record.Name // the fresh token that was refused
	trial bool        // it is not known yet whether it is
}

// Verdict is what a Memory knows about a refused request.
type Verdict uint8

// The verdicts.
const (
	// Unknown means that a fresh token may help.
	Unknown Verdict = iota
	// Hopeless means that a fresh token was refused as well.
	Hopeless
	// OnTrial means that the token is fresh, and that another request of the kind is finding out
	// whether it helps.
	OnTrial
)

// Empty reports whether no request is known to be refused.
func (m *Memory) Empty() bool { return !m.some.Load() }

// About returns what is known about a request that was refused with token. Accepted reports that
// the server has accepted that token elsewhere.
func (m *Memory) About(req *http.Request, token record.Name, accepted bool, now time.Time) Verdict {
	if m.Empty() {
		return Unknown
	}
	var space [kindSpace]byte
	kind := appendKind(space[:0], req)
	m.mu.Lock()
	defer m.mu.Unlock()
	switch r, known := m.kinds[string(kind)]; {
	case !known || now.Sub(r.at) >= r.lasts:
		return Unknown
	case r.trial && r.token == token:
		return OnTrial
	case !r.trial && (r.token == token || accepted):
		return Hopeless
	default:
		return Unknown
	}
}

// Try notes that the request is about to be sent again with a fresh token. Until it is known
// whether that helps, other requests of the kind that are refused with this very token do not have
// it refreshed: they were sent between the refresh and the verdict, and are sent again once.
func (m *Memory) Try(req *http.Request, fresh record.Name, now time.Time) {
	var space [kindSpace]byte
	kind := appendKind(space[:0], req)
	m.mu.Lock()
	defer m.mu.Unlock()
	// A trial is worth less than a refusal: it neither replaces one nor evicts one.
	if _, known := m.kinds[string(kind)]; !known && len(m.kinds) < most {
		m.put(string(kind), refusal{at: now, lasts: trial, token: fresh, trial: true})
	}
}

// Add remembers that the request was refused with a token that had just been refreshed for it.
func (m *Memory) Add(req *http.Request, fresh record.Name, now time.Time) {
	key := string(appendKind(nil, req))
	m.mu.Lock()
	defer m.mu.Unlock()
	last, known := m.kinds[key]
	if !known && len(m.kinds) >= most {
		m.evict()
	}
	lasts := first
	if known && !last.trial { // it repeats itself, also after it had been forgotten for its age
		lasts = min(2*last.lasts, longest)
	}
	m.put(key, refusal{at: now, lasts: lasts, token: fresh})
}

func (m *Memory) put(key string, r refusal) {
	if m.kinds == nil {
		m.kinds = make(map[string]refusal)
	}
	m.kinds[key] = r
	m.some.Store(true)
}

// evict forgets the oldest refusal.
func (m *Memory) evict() {
	oldest := ""
	for key, r := range m.kinds {
		if oldest == "" || r.at.Before(m.kinds[oldest].at) {
			oldest = key
		}
	}
	delete(m.kinds, oldest)
}

// Forget notes that a request of this kind was not refused.
func (m *Memory) Forget(req *http.Request) {
	if m.Empty() {
		return
	}
	var space [kindSpace]byte
	kind := appendKind(space[:0], req)
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.kinds, string(kind))
	m.some.Store(len(m.kinds) > 0)
}

// kindSpace is room for nearly every kind, on the stack: of thousands of requests that are refused
// together, each looks for the same kind.
const kindSpace = 128

// appendKind appends the name of a kind of request: method, host, and path, with * for identifiers.
func appendKind(kind []byte, req *http.Request) []byte {
	kind = append(kind, req.Method...)
	kind = append(kind, ' ')
	kind = append(kind, req.URL.Host...)
	for segment := range strings.SplitSeq(req.URL.Path, "/") {
		if isIdentifier(segment) {
			segment = "*"
		}
		kind = append(kind, '/')
		kind = append(kind, segment...)
	}
	return kind
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
