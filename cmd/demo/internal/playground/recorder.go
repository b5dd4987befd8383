package playground

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

const (
	maxEntries   = 500 // of the timeline
	maxUnclaimed = 200 // events whose request has not ended
	maxNote      = 200 // bytes
)

// recorder makes the timeline of the page out of requests and of the events of the provider. It is
// safe for concurrent use.
type recorder struct {
	began time.Time
	// reuseEnds reports whether the reuse of a refresh token ends the session.
	reuseEnds func() bool

	mu        sync.Mutex
	version   int
	changed   chan struct{} // closed at the next change
	ids       int
	entries   []*Entry
	unclaimed []authtest.Event // in the order in which they happened
	refreshes map[route]bool   // where refreshes have arrived
	rejected  map[route]int    // calls that were rejected and not sent again
	renewed   bool             // a refresh succeeded since the last rejected call was counted
	sessions  sessions
	armed     armed
}

func newRecorder() *recorder {
	return &recorder{
		began: time.Now(), changed: make(chan struct{}), refreshes: make(map[route]bool), rejected: make(map[route]int),
	}
}

// wrap records the requests that next serves.
func (r *recorder) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		e := r.begin(req)
		sw := &statusWriter{ResponseWriter: w}
		aborted := true
		defer func() { r.end(e, sw.result(aborted)) }() // also if the handler cuts the connection by a panic
		next.ServeHTTP(sw, req)
		aborted = false
	})
}

func (r *recorder) begin(req *http.Request) *Entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := &Entry{Kind: Pending, Method: req.Method, Path: cut(req.URL.Path), Start: millis(time.Since(r.began))}
	r.add(e)
	return e
}

// add gives an entry its place. The caller holds the lock.
func (r *recorder) add(e *Entry) {
	r.ids++
	e.ID = r.ids
	if r.entries = append(r.entries, e); len(r.entries) > maxEntries {
		r.entries = slices.Delete(r.entries, 0, len(r.entries)-maxEntries)
	}
	r.touch(e)
}

// touch marks an entry, if there is one, and the whole state as changed. The caller holds the lock.
func (r *recorder) touch(e *Entry) {
	r.version++
	if e != nil {
		e.version = r.version
	}
	close(r.changed)
	r.changed = make(chan struct{})
}

func (r *recorder) end(e *Entry, status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	at := route{e.Method, e.Path}
	e.Took, e.Status = max(millis(time.Since(r.began))-e.Start, 0.001), status
	ev := r.claim(at, status)
	e.Kind = classify(ev, status)
	if ev != nil {
		e.User, e.Session, e.Note = cut(ev.User), cut(ev.Session), cut(ev.Note)
	}
	r.track(e, at)
	r.touch(e)
}

// track tells a call that is sent again after a refresh from others. The caller holds the lock.
func (r *recorder) track(e *Entry, at route) {
	switch {
	case e.Kind == Rejected:
		if len(r.rejected) < maxEntries {
			r.rejected[at]++
		}
	case e.Kind == Refresh:
		r.renewed = true
	case e.Kind == API && r.renewed && r.rejected[at] > 0:
		e.Kind = Replay
		r.rejected[at]--
		if r.rejected[at] == 0 {
			delete(r.rejected, at)
		}
		r.renewed = len(r.rejected) > 0
	}
}

// claim takes the first event that can be the outcome of the request. The caller holds the lock.
func (r *recorder) claim(at route, status int) *authtest.Event {
	i := slices.IndexFunc(r.unclaimed, func(e authtest.Event) bool {
		return (e.Method != "" || r.refreshes[at]) && fits(&e, at, status)
	})
	if i < 0 {
		return nil
	}
	e := r.unclaimed[i]
	r.unclaimed = slices.Delete(r.unclaimed, i, i+1)
	return &e
}

// event notes what the provider has done.
func (r *recorder) event(e authtest.Event) {
	ends := e.Kind == authtest.EventReuse && r.reuseEnds()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sessions.event(&e)
	if ends {
		r.sessions.reused(e.Session)
	}
	r.armed.event(&e)
	switch e.Kind {
	case authtest.EventRefresh: // its outcome follows
		if len(r.refreshes) < maxEntries {
			r.refreshes[route{e.Method, cut(e.Path)}] = true
		}
	case authtest.EventDrop: // in place of the rotation that preceded it
		r.unclaimed = slices.DeleteFunc(r.unclaimed, func(u authtest.Event) bool {
			return u.Kind == authtest.EventRotate && u.Session == e.Session
		})
		r.unclaimed = append(r.unclaimed, e)
	case authtest.EventExpire, authtest.EventIssue:
		r.order(string(e.Kind), e)
	case authtest.EventRevoke:
		if e.Method == "" {
			r.order("revoke", e)
			break
		}
		r.unclaimed = append(r.unclaimed, e)
	default:
		r.unclaimed = append(r.unclaimed, e)
	}
	if len(r.unclaimed) > maxUnclaimed {
		r.unclaimed = slices.Delete(r.unclaimed, 0, len(r.unclaimed)-maxUnclaimed)
	}
	r.touch(nil)
}

// order enters an order to the server. The caller holds the lock.
func (r *recorder) order(name string, e authtest.Event) {
	note := cut(e.Note)
	if strings.HasPrefix(note, "1 ") { // "1 access tokens"
		note = strings.TrimSuffix(note, "s")
	}
	r.add(&Entry{
		Kind: Control, Path: name, User: cut(e.User), Session: cut(e.Session), Note: note,
		Start: millis(time.Since(r.began)),
	})
}

// ordered enters an order that the provider does not report, with what it armed.
func (r *recorder) ordered(name, note string, arm func(*armed)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if arm != nil {
		arm(&r.armed)
	}
	r.order(name, authtest.Event{Note: note})
}

// since returns the entries that changed after a version, the version of the state, and a channel
// that is closed at the next change.
func (r *recorder) since(version int) (changed []Entry, now int, next <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.entries {
		if e.version > version {
			changed = append(changed, *e)
		}
	}
	return changed, r.version, r.changed
}

// snapshot returns the sessions and what is armed.
func (r *recorder) snapshot() ([]Session, armed) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sessions.list(), r.armed
}

// cut bounds a text that a client has chosen.
func cut(text string) string {
	if len(text) <= maxNote {
		return text
	}
	return text[:maxNote] + "…"
}
