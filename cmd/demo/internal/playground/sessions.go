package playground

import (
	"slices"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

// maxSessions is how many sessions are remembered, the newest.
const maxSessions = 50

// A Session is what the page shows of one.
type Session struct {
	ID        string    `json:"id"`
	User      string    `json:"user"`
	Began     time.Time `json:"began"`
	Refreshes int       `json:"refreshes"`
	Reuses    int       `json:"reuses"`
	Issued    time.Time `json:"issued"` // the access token in use
	Expired   bool      `json:"expired"`
	Ended     string    `json:"ended,omitempty"` // why it ended; "" if it has not
}

// sessions follows the sessions by the events of the provider. It has no lock of its own.
type sessions struct {
	byID  map[string]*Session
	order []string
}

func (s *sessions) event(e *authtest.Event) {
	switch e.Kind {
	case authtest.EventLogin, authtest.EventIssue:
		s.begin(e)
	case authtest.EventRotate:
		s.each(e, func(x *Session) { x.Refreshes++; x.Issued, x.Expired = e.Time, false })
	case authtest.EventReuse:
		s.each(e, func(x *Session) { x.Reuses++ })
	case authtest.EventRevoke:
		s.each(e, func(x *Session) { x.Ended = "revoked" })
	case authtest.EventExpire:
		s.each(e, func(x *Session) { x.Expired = true })
	default:
	}
}

func (s *sessions) begin(e *authtest.Event) {
	if s.byID == nil {
		s.byID = make(map[string]*Session)
	}
	if _, known := s.byID[e.Session]; !known {
		s.order = append(s.order, e.Session)
	}
	s.byID[e.Session] = &Session{ID: e.Session, User: cut(e.User), Began: e.Time, Issued: e.Time}
	if len(s.order) > maxSessions {
		delete(s.byID, s.order[0])
		s.order = s.order[1:]
	}
}

// each changes the live sessions that an event is about: one, all of a user, or all.
func (s *sessions) each(e *authtest.Event, change func(*Session)) {
	for _, x := range s.byID {
		about := e.Session == x.ID || e.Session == "" && (e.User == "" || e.User == x.User)
		if x.Ended == "" && about {
			change(x)
		}
	}
}

// reused ends the session whose refresh token was reused, where the provider does so.
func (s *sessions) reused(id string) {
	if x := s.byID[id]; x != nil && x.Ended == "" {
		x.Ended = "refresh token reused"
	}
}

// list returns the sessions, the newest first.
func (s *sessions) list() []Session {
	out := make([]Session, 0, len(s.order))
	for _, id := range slices.Backward(s.order) {
		out = append(out, *s.byID[id])
	}
	return out
}

// armed is what has been ordered and has not happened yet.
type armed struct {
	Refreshes int  `json:"fail_refreshes"` // refreshes that will fail; -1: until cleared
	Calls     int  `json:"fail_calls"`     // calls of the API that will fail, likewise
	Drops     int  `json:"drops"`          // responses that will not be sent, likewise
	DelayMS   int  `json:"delay_ms"`
	Held      bool `json:"held"`
}

func (a *armed) event(e *authtest.Event) {
	switch {
	case e.Kind == authtest.EventFail && e.Method == "":
		a.Refreshes = less(a.Refreshes)
	case e.Kind == authtest.EventFail:
		a.Calls = less(a.Calls)
	case e.Kind == authtest.EventDrop:
		a.Drops = less(a.Drops)
	}
}

// less counts down to 0. A negative number stands for "until cleared".
func less(n int) int {
	if n > 0 {
		return n - 1
	}
	return n
}

// more adds an order for n requests: none clears what was ordered before, and a negative number
// stays until it is cleared.
func more(armed, n int) int {
	switch {
	case n == 0:
		return 0
	case n < 0 || armed < 0:
		return -1
	default:
		return armed + n
	}
}
