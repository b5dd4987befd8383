package authtest

import (
	"net/http"
	"time"
)

// presented is what a refresh request brings.
type presented struct {
	token   string
	client  string                 // "" if clients are not authenticated
	problem string                 // why the request makes no sense, "" if it does
	rotates func(cfg *Config) bool // whether the answer has room for a refresh token
}

// outcome is the decision on a refresh request. At most one of grant, refusal, fault and redirect
// is set; none is if the request makes no sense.
type outcome struct {
	grant    *grant
	refusal  *refusal
	fault    *fault
	redirect bool
	drop     bool
	cfg      Config
	hold     <-chan struct{}
	delay    time.Duration
}

// decide counts a refresh request and lets it take effect, in one step: who has seen it counted
// knows that its token is spent.
func (s *Server) decide(r *http.Request, p *presented) outcome {
	s.mu.Lock()
	defer s.unlock()
	o := outcome{cfg: s.cfg, hold: s.refreshHold, delay: s.refreshDelay}
	s.record(Event{Kind: EventRefresh, Method: r.Method, Path: r.URL.Path}, func(st *Stats) { st.Refreshes++ })
	switch {
	case s.cfg.TokenRedirect != "":
		o.redirect = true
		s.record(Event{Kind: EventRedirect, Status: s.cfg.RedirectStatus}, nil)
	case len(s.refreshFaults) > 0 && !s.refreshFaults[0].drop:
		o.fault = next(&s.refreshFaults)
		s.record(Event{Kind: EventFail, Status: o.fault.status}, nil)
	case p.problem != "":
		s.record(Event{Kind: EventRefuse, Note: p.problem}, nil)
	default:
		s.exchange(p, &o)
	}
	return o
}

// exchange asks the ledger. The caller holds the lock.
func (s *Server) exchange(p *presented, o *outcome) {
	mint := s.ledger.mintAccess
	if s.cfg.Rotation == Rotate && p.rotates(&s.cfg) {
		mint = s.ledger.mint
	}
	o.grant, o.refusal = s.ledger.exchange(p.token, p.client, s.clock(), &s.cfg, mint)
	if o.refusal != nil {
		s.recordRefusal(o.refusal)
		return
	}
	s.recordGrant(o.grant)
	o.drop = s.takeDrop(o.grant)
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
	switch {
	case o.drop:
		abort(http.ErrAbortHandler)
	case o.redirect:
		w.Header().Set("Location", o.cfg.TokenRedirect)
		w.WriteHeader(o.cfg.RedirectStatus)
	case o.fault != nil:
		o.fault.write(w)
	default:
		noStore(w)
		return false
	}
	return true
}
