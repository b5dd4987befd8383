package playground

import (
	"time"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

// A Kind says what an [Entry] is.
type Kind string

// The kinds of entries. Control is an order to the server, which has no duration.
const (
	Pending  Kind = "pending"  // the response is not sent yet
	Login    Kind = "login"    // a session began
	API      Kind = "api"      // a call that the API answered
	Rejected Kind = "rejected" // a call whose access token was not valid
	Refresh  Kind = "refresh"  // a refresh that issued a new token
	Replay   Kind = "replay"   // a call that was rejected before, sent again after a refresh
	Reuse    Kind = "reuse"    // a refresh with a refresh token that had been used before
	Refused  Kind = "refused"  // a login or a refresh that was refused
	Failed   Kind = "failed"   // an error response that was ordered
	Dropped  Kind = "dropped"  // a response that was never sent
	Revoked  Kind = "revoked"  // a client ended its session
	Control  Kind = "control"
	Other    Kind = "other" // a request that package authtest reports nothing about
)

// An Entry is one line of the timeline: a request and its response, or an order to the server. It
// holds no token and no query.
type Entry struct {
	ID      int     `json:"id"`
	Kind    Kind    `json:"kind"`
	Start   float64 `json:"start"` // in milliseconds since the server started
	Took    float64 `json:"took"`  // in milliseconds; 0 while it is pending
	Method  string  `json:"method,omitempty"`
	Path    string  `json:"path,omitempty"`
	Status  int     `json:"status,omitempty"` // 0: no response yet, or none at all
	User    string  `json:"user,omitempty"`
	Session string  `json:"session,omitempty"`
	Note    string  `json:"note,omitempty"`

	version int // of the whole state, when the entry changed last
}

// A route is what two sends of one call have in common.
type route struct{ method, path string }

// classify says what a finished request was, from the event that it caused and its status.
func classify(e *authtest.Event, status int) Kind {
	switch {
	case status == 0:
		return Dropped
	case e == nil:
		return Other
	}
	switch e.Kind {
	case authtest.EventLogin:
		return Login
	case authtest.EventRotate:
		return Refresh
	case authtest.EventReuse:
		return Reuse
	case authtest.EventRefuse:
		return Refused
	case authtest.EventFail:
		return Failed
	case authtest.EventRevoke:
		return Revoked
	case authtest.EventDeny:
		return Rejected
	case authtest.EventAPI:
		return API
	default:
		return Other
	}
}

// fits reports whether an event can be the outcome of a request with this status. Events of
// refreshes carry neither method nor path, so two that are concurrent are told apart by their
// status.
func fits(e *authtest.Event, at route, status int) bool {
	if e.Method != "" {
		return e.Method == at.method && e.Path == at.path && (e.Status == 0 || e.Status == status)
	}
	switch e.Kind {
	case authtest.EventRotate:
		return status >= 200 && status < 300
	case authtest.EventDrop:
		return status == 0
	case authtest.EventReuse, authtest.EventRefuse:
		return status >= 400
	case authtest.EventFail, authtest.EventRedirect:
		return e.Status == status
	default:
		return false
	}
}

// millis returns a duration as the page has it.
func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
