package authtest

import (
	"errors"
	"net/http"
)

// errCredentials is the outcome of a login with a wrong name or password.
var errCredentials = errors.New("authtest: unknown user or wrong password")

// login opens a session for a user who knows the password.
func (s *Server) login(r *http.Request, user, password, client string) (*grant, error) {
	s.mu.Lock()
	defer s.unlock()
	e := Event{User: user, Method: r.Method, Path: r.URL.Path}
	want, known := s.cfg.Users[user]
	if !known || want != password {
		e.Kind, e.Note = EventRefuse, "unknown user or wrong password"
		if !known {
			e.User = "" // whatever was typed in the wrong field
		}
		s.record(e, nil)
		return nil, errCredentials
	}
	g, err := s.ledger.open(user, client, s.clock(), &s.cfg)
	if err != nil {
		return nil, err
	}
	e.Kind, e.Session = EventLogin, g.session.id
	s.record(e, func(st *Stats) { st.Logins++ })
	return &g, nil
}

// revokeToken ends what a token stands for and counts the request.
func (s *Server) revokeToken(r *http.Request, token, client string, status int) {
	s.mu.Lock()
	defer s.unlock()
	e := Event{Kind: EventRevoke, Method: r.Method, Path: r.URL.Path, Status: status}
	ses, ended := s.ledger.revokeToken(token, client)
	switch {
	case ses == nil:
		e.Note = "unknown token"
	case ended:
		e.Session, e.User = ses.id, ses.user
	default:
		e.Session, e.User, e.Note = ses.id, ses.user, "access token only"
	}
	s.record(e, func(st *Stats) {
		st.Revocations++
		if ended {
			st.RevokedSessions++
		}
	})
}
