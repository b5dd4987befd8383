package authtest

import "net/http"

// wrongPassword is the reason of a refused login.
const wrongPassword = "unknown user or wrong password"

// passwordLogin opens a session for a user with the right password; otherwise it returns false.
func (s *Server) passwordLogin(r *http.Request, user, password string) (*issued, bool) {
	s.mu.Lock()
	defer s.unlock()
	e := Event{User: user, Method: r.Method, Path: r.URL.Path}
	want, known := s.cfg.Users[user]
	if !known || want != password {
		e.Kind, e.Note = EventRefuse, wrongPassword
		if !known {
			e.User = "" // whatever was typed in the wrong field
		}
		s.record(e, nil)
		return nil, false
	}
	g := s.tokens.open(&login{user: user}, s.clock(), &s.cfg)
	e.Kind, e.Session = EventLogin, g.family.id
	s.record(e, func(st *Stats) { st.Logins++ })
	return &g, true
}

// revokeToken revokes a token and counts the request.
func (s *Server) revokeToken(r *http.Request, token, client string, status int) {
	s.mu.Lock()
	defer s.unlock()
	e := Event{Kind: EventRevoke, Method: r.Method, Path: r.URL.Path, Status: status}
	f, ended := s.tokens.revokeToken(token, client)
	switch {
	case f == nil:
		e.Note = "unknown token"
	case ended:
		e.Session, e.User = f.id, f.user
	default:
		e.Session, e.User, e.Note = f.id, f.user, "access token only"
	}
	s.record(e, func(st *Stats) {
		st.Revocations++
		if ended {
			st.RevokedSessions++
		}
	})
}
