package authtest

import (
	"net/http"
	"time"
)

// outcome is the decision on a refresh request. One of its first three fields is set.
type outcome struct {
	grant   *grant
	refusal *refusal
	fault   *fault
	drop    bool
	cfg     Config
	hold    <-chan struct{}
	delay   time.Duration
}

// arrive counts a refresh request, and answers it if the endpoint is redirected.
func (s *Server) arrive(w http.ResponseWriter, r *http.Request) (redirected bool) {
	s.mu.Lock()
	target, status := s.cfg.TokenRedirect, s.cfg.RedirectStatus
	s.record(Event{Kind: EventRefresh, Method: r.Method, Path: r.URL.Path}, func(st *Stats) { st.Refreshes++ })
	if target != "" {
		s.record(Event{Kind: EventRedirect, Method: r.Method, Path: r.URL.Path, Status: status}, nil)
	}
	s.unlock()
	if target == "" {
		return false
	}
	w.Header().Set("Location", target)
	w.WriteHeader(status)
	return true
}

// decide lets a refresh request take effect. rotates tells whether the answer has room for a
// refresh token.
func (s *Server) decide(token, client string, rotates func(*Config) bool) outcome {
	s.mu.Lock()
	defer s.unlock()
	o := outcome{cfg: s.cfg, hold: s.refreshHold, delay: s.refreshDelay}
	if len(s.refreshFaults) > 0 && !s.refreshFaults[0].drop {
		o.fault = next(&s.refreshFaults)
		s.record(Event{Kind: EventFail, Status: o.fault.status}, nil)
		return o
	}
	var err error
	rotate := s.cfg.Rotation == Rotate && rotates(&s.cfg)
	o.grant, o.refusal, err = s.ledger.refreshSession(token, client, s.clock(), &s.cfg, rotate)
	switch {
	case err != nil:
		o.fault = &fault{status: http.StatusInternalServerError}
	case o.refusal != nil:
		s.recordRefusal(o.refusal)
	default:
		s.recordGrant(o.grant)
		o.drop = s.takeDrop(o.grant)
	}
	return o
}

func (s *Server) recordRefusal(r *refusal) {
	e := Event{Kind: EventRefuse, Note: r.reason}
	if r.reuse {
		e.Kind = EventReuse
	}
	if r.session != nil {
		e.Session, e.User = r.session.id, r.session.user
	}
	s.record(e, func(st *Stats) {
		st.Refusals++
		if r.reuse {
			st.Reuses++
		}
		if r.ended {
			st.RevokedSessions++
		}
	})
}

func (s *Server) recordGrant(g *grant) {
	e := Event{Kind: EventRotate, Session: g.session.id, User: g.session.user, Note: g.describe()}
	s.record(e, func(st *Stats) { st.Rotations++ })
}

// takeDrop tells whether the answer to a granted refresh is to be lost.
func (s *Server) takeDrop(g *grant) bool {
	if next(&s.refreshFaults) == nil {
		return false
	}
	s.record(Event{Kind: EventDrop, Session: g.session.id, User: g.session.user}, nil)
	return true
}

// settle waits as long as the answer is held, and gives it if it is none of the dialect's own.
func (s *Server) settle(w http.ResponseWriter, r *http.Request, o *outcome) (done bool) {
	s.pause(r.Context(), o.hold, o.delay)
	if o.drop {
		abort(http.ErrAbortHandler)
	}
	if o.fault != nil {
		o.fault.write(w)
	}
	return o.fault != nil
}
