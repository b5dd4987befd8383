package authtest

import (
	"fmt"
)

// ExpireAccess makes every access token issued so far expire. The refresh tokens stay good.
func (s *Server) ExpireAccess() {
	s.mu.Lock()
	defer s.unlock()
	n := len(s.ledger.access)
	s.ledger.forget(func(accessToken) bool { return true })
	s.record(Event{Kind: EventExpire, Note: fmt.Sprintf("%d access tokens", n)}, nil)
}

// Revoke ends every session of the user: its access tokens and refresh tokens are refused from now
// on, as after a change of password.
func (s *Server) Revoke(user string) {
	s.revokeUser(user, func(ses *session) bool { return ses.user == user })
}

// RevokeAll ends every session of everyone.
func (s *Server) RevokeAll() { s.revokeUser("", func(*session) bool { return true }) }

func (s *Server) revokeUser(user string, match func(*session) bool) {
	s.mu.Lock()
	defer s.unlock()
	n := s.ledger.revokeAll(match)
	s.record(Event{Kind: EventRevoke, User: user, Note: fmt.Sprintf("%d sessions", n)},
		func(st *Stats) { st.RevokedSessions += n })
}
