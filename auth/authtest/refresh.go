package authtest

import (
	"net/http"
	"time"
)

// refreshRequest is what a refresh request brings.
type refreshRequest struct {
	token   string
	client  string                 // "" if clients are not authenticated
	invalid string                 // why the request makes no sense, "" if it does
	rotates func(cfg *Config) bool // whether the answer has room for a refresh token
}

// refreshResult is the decision on a refresh request. At most one of grant, refusal, fault and redirect
// is set; none is if the request makes no sense.
type refreshResult struct {
	issued    *issued
	rejection *rejection
	fault     *fault
	redirect  bool
	drop      bool
	cfg       Config
	hold      <-chan struct{}
	delay     time.Duration
}

// process counts a refresh request and lets it take effect, in one step: who has seen it counted
// knows that its token is spent.
func (s *Server) process(r *http.Request, p *refreshRequest) refreshResult {
	s.mu.Lock()
	defer s.unlock()
	o := refreshResult{cfg: s.cfg, hold: s.refreshHold, delay: s.refreshDelay}
	s.record(Event{Kind: EventRefresh, Method: r.Method, Path: r.URL.Path}, func(st *Stats) { st.Refreshes++ })
	switch {
	case s.cfg.TokenRedirect != "":
		o.redirect = true
		s.record(Event{Kind: EventRedirect, Status: s.cfg.RedirectStatus}, nil)
	case len(s.refreshFaults) > 0 && !s.refreshFaults[0].drop:
		o.fault = next(&s.refreshFaults)
		s.record(Event{Kind: EventFail, Status: o.fault.status}, nil)
	case p.invalid != "":
		s.record(Event{Kind: EventRefuse, Note: p.invalid}, nil)
	default:
		s.redeem(p, &o)
	}
	return o
}

// redeem asks the tokens. The caller holds the lock.
func (s *Server) redeem(p *refreshRequest, o *refreshResult) {
	issuePair := s.tokens.issueAccess
	if s.cfg.Rotation == Rotate && p.rotates(&s.cfg) {
		issuePair = s.tokens.issuePair
	}
	o.issued, o.rejection = s.tokens.redeem(p.token, p.client, s.clock(), &s.cfg, issuePair)
	if o.rejection != nil {
		s.recordRejection(o.rejection)
		return
	}
	s.recordIssued(o.issued)
	o.drop = s.takeDrop(o.issued)
}

func (s *Server) recordRejection(r *rejection) {
	e := Event{Kind: EventRefuse, Note: r.reason}
	if r.reuse {
		e.Kind = EventReuse
	}
	if r.family != nil {
		e.Session, e.User = r.family.id, r.family.user
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

func (s *Server) recordIssued(g *issued) {
	e := Event{Kind: EventRotate, Session: g.family.id, User: g.family.user, Note: g.describe()}
	s.record(e, func(st *Stats) { st.Rotations++ })
}

// takeDrop tells whether the answer to a granted refresh is to be lost.
func (s *Server) takeDrop(g *issued) bool {
	if next(&s.refreshFaults) == nil {
		return false
	}
	s.record(Event{Kind: EventDrop, Session: g.family.id, User: g.family.user}, nil)
	return true
}

// respond waits as long as the answer is held, and gives it if it is none of the dialect's own.
func (s *Server) respond(w http.ResponseWriter, r *http.Request, o *refreshResult) (done bool) {
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
