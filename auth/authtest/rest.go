package authtest

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"net/http"
)

// readObject reads a JSON object of strings, or answers 400 and returns false.
func readObject(w http.ResponseWriter, r *http.Request) (map[string]any, bool) {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	var m map[string]any
	err := d.Decode(&m)
	if err == nil && m == nil {
		err = errors.New("null")
	}
	if err == nil {
		_, err = d.Token()
		if errors.Is(err, io.EOF) {
			return m, true
		}
	}
	writeMessage(w, http.StatusBadRequest, "The body must be one JSON object")
	return nil, false
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
		return
	}
	g, err := s.login(r, text(m, "username"), text(m, "password"), "")
	if err != nil {
		writeMessage(w, http.StatusUnauthorized, "Invalid credentials")
		return
	}
	cfg := s.config()
	noStore(w)
	writeJSON(w, http.StatusOK, restObject(&cfg, g, g.refresh))
}

// restRefresh serves POST /auth/refresh.
func (s *Server) restRefresh(w http.ResponseWriter, r *http.Request) {
	if s.arrive(w, r) {
		return
	}
	m, ok := readObject(w, r)
	if !ok {
		return
	}
	token := text(m, s.config().RefreshField, "refreshToken")
	o := s.decide(token, "", func(c *Config) bool { return c.Shape == ObjectShape })
	if s.settle(w, r, &o) {
		return
	}
	noStore(w)
	if o.refusal != nil {
		body := cmp.Or(o.cfg.RefusedBody, `{"message":"Invalid refresh token"}`)
		writeBody(w, cmp.Or(o.cfg.RefusedStatus, http.StatusUnauthorized), []byte(body))
		return
	}
	switch o.cfg.Shape {
	case StringShape:
		writeJSON(w, o.cfg.RefreshStatus, o.grant.access)
	case TextShape:
		writeBody(w, o.cfg.RefreshStatus, []byte(o.grant.access))
	case ObjectShape:
		writeJSON(w, o.cfg.RefreshStatus, restObject(&o.cfg, o.grant, token))
	}
}

// restLogout serves POST /auth/logout: 204, whether the refresh token was known or not.
func (s *Server) restLogout(w http.ResponseWriter, r *http.Request) {
	m, ok := readObject(w, r)
	if !ok {
		return
	}
	s.revokeToken(r, text(m, s.config().RefreshField, "refreshToken"), "", http.StatusNoContent)
	w.WriteHeader(http.StatusNoContent)
}

// restObject is the answer to a login or a refresh in the REST dialect.
func restObject(cfg *Config, g *grant, presented string) map[string]any {
	m := map[string]any{cfg.AccessField: g.access}
	if refresh, ok := cfg.refreshMember(g, presented); ok {
		m[cfg.RefreshField] = refresh
	}
	if life, ok := cfg.expiresMember(g.ttl); ok {
		m[cfg.ExpiresField] = life
	}
	return m
}
