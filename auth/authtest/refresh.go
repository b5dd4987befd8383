package authtest

import (
	"net/http"
	"time"
)

// refreshRequest is a refresh request in either dialect.
type refreshRequest struct {
	token      string
	client     string                 // "" if clients are not authenticated
	thumbprint string                 // of the DPoP key, "" without a proof
	invalid    string                 // why the request is malformed, "" if it is not
	rotates    func(cfg *Config) bool // reports whether the response has room for a refresh token
}

// refreshResult is the result of a refresh request. At most one of issued, rejection, fault and
// redirect is set; none is if the request is malformed.
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

// process counts a refresh request and lets it take effect in one step: once it is counted, its
// token is spent.
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

// redeem exchanges the refresh token. The caller holds the lock.
func (s *Server) redeem(p *refreshRequest, o *refreshResult) {
	issue := s.tokens.issueAccess
	if s.cfg.Rotation == Rotate && p.rotates(&s.cfg) {
		issue = s.tokens.issuePair
	}
	o.issued, o.rejection = s.tokens.redeem(p, s.clock(), &s.cfg, issue)
	if o.rejection != nil {
		s.recordRejection(o.rejection)
		return
	}
	f := o.issued.family
	s.record(Event{Kind: EventRotate, Session: f.id, User: f.user, Note: o.issued.describe()},
		func(st *Stats) { st.Rotations++ })
	if next(&s.refreshFaults) != nil { // only drops are left in front
		o.drop = true
		s.record(Event{Kind: EventDrop, Session: f.id, User: f.user}, nil)
	}
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

// respond waits while the response is held, and writes it unless it is one of the dialect's own.
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
