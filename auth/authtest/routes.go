package authtest

import "net/http"

// routes is the table of all endpoints.
func (s *Server) routes() *http.ServeMux {
	m := http.NewServeMux()
	m.HandleFunc("POST /auth/login", s.restLogin)
	m.HandleFunc("POST /auth/refresh", s.restRefresh)
	m.HandleFunc("POST /auth/logout", s.restLogout)
	m.HandleFunc("POST /oauth/token", s.oauthToken)
	m.HandleFunc("POST /oauth/revoke", s.oauthRevoke)
	m.HandleFunc("GET /.well-known/jwks.json", s.jwks)
	m.HandleFunc("GET /.well-known/oauth-authorization-server", s.metadata)
	m.HandleFunc("GET /me", s.api(required, s.me))
	m.HandleFunc("/echo", s.api(required, s.echo))
	m.HandleFunc("/public/echo", s.api(ignored, s.echo))
	m.HandleFunc("/status/{code}", s.api(optional, s.status))
	m.HandleFunc("GET /bytes/{n}", s.api(optional, s.bytes))
	m.HandleFunc("/redirect", s.api(optional, s.redirect))
	if s.cfg.Control {
		s.controlRoutes(m)
	}
	return m
}
