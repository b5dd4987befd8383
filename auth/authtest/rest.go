package authtest

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
)

// notOneObject is the message for a body that cannot be read.
const notOneObject = "The body must be one JSON object"

// readObject reads the body, which must be one JSON object.
func readObject(w http.ResponseWriter, r *http.Request) (m map[string]any, ok bool) {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	if err := d.Decode(&m); err != nil || m == nil {
		return nil, false
	}
	_, err := d.Token()
	return m, errors.Is(err, io.EOF)
}

// text returns the first of the members that is a string.
func text(m map[string]any, names ...string) string {
	for _, name := range names {
		if s, ok := m[name].(string); ok {
			return s
		}
	}
	return ""
}

// restLogin serves POST /auth/login.
func (s *Server) restLogin(w http.ResponseWriter, r *http.Request) {
	m, ok := readObject(w, r)
	if !ok {
		writeMessage(w, http.StatusBadRequest, notOneObject)
		return
	}
	g, ok := s.passwordLogin(r, text(m, "username"), text(m, "password"))
	if !ok {
		writeMessage(w, http.StatusUnauthorized, "Invalid credentials")
		return
	}
	cfg := s.config()
	noStore(w)
	writeJSON(w, http.StatusOK, restObject(&cfg, g, g.refresh))
}

// restRefresh serves POST /auth/refresh.
func (s *Server) restRefresh(w http.ResponseWriter, r *http.Request) {
	m, ok := readObject(w, r)
	p := refreshRequest{rotates: func(c *Config) bool { return c.Shape == ObjectShape }}
	if ok {
		p.token = text(m, s.config().RefreshField, "refreshToken")
	} else {
		p.invalid = notOneObject
	}
	o := s.process(r, &p)
	if s.respond(w, r, &o) {
		return
	}
	switch {
	case p.invalid != "":
		writeMessage(w, http.StatusBadRequest, p.invalid)
	case o.rejection != nil:
		if o.cfg.RefusedBody != "" && o.cfg.RefusedStatus == 0 {
			o.cfg.RefusedStatus = http.StatusUnauthorized
		}
		o.cfg.writeRefused(w, o.rejection)
	default:
		restRefreshed(w, &o, p.token)
	}
}

// restRefreshed responds to a granted refresh, in the configured shape.
func restRefreshed(w http.ResponseWriter, o *refreshResult, token string) {
	switch o.cfg.Shape {
	case StringShape:
		writeJSON(w, o.cfg.RefreshStatus, o.issued.access)
	case TextShape:
		writeBody(w, o.cfg.RefreshStatus, []byte(o.issued.access))
	case ObjectShape:
		writeJSON(w, o.cfg.RefreshStatus, restObject(&o.cfg, o.issued, token))
	}
}

// restLogout serves POST /auth/logout: 204, whether the refresh token was known or not.
func (s *Server) restLogout(w http.ResponseWriter, r *http.Request) {
	m, ok := readObject(w, r)
	if !ok {
		writeMessage(w, http.StatusBadRequest, notOneObject)
		return
	}
	s.revokeToken(r, text(m, s.config().RefreshField, "refreshToken"), "", http.StatusNoContent)
	w.WriteHeader(http.StatusNoContent)
}

// restObject is the response to a login or a refresh in the REST dialect.
func restObject(cfg *Config, g *issued, presented string) map[string]any {
	m := map[string]any{cfg.AccessField: g.access}
	if refresh, ok := cfg.refreshMember(g, presented); ok {
		m[cfg.RefreshField] = refresh
	}
	if life, ok := cfg.expiresMember(g.ttl); ok {
		m[cfg.ExpiresField] = life
	}
	return m
}
