package authtest

import (
	"cmp"
	"net/http"
	"net/url"
)

// oauthToken serves POST /oauth/token.
func (s *Server) oauthToken(w http.ResponseWriter, r *http.Request) {
	form, problem := readForm(w, r)
	client := ""
	if problem == nil {
		client, problem = s.client(r, form)
	}
	grantType := form.Get("grant_type")
	switch {
	case grantType == "refresh_token":
		s.oauthRefresh(w, r, form, client, problem)
	case problem != nil:
		problem.write(w)
	case grantType == "password":
		s.oauthPassword(w, r, form, client)
	case grantType == "":
		invalidRequest("grant_type is missing").write(w)
	default:
		(&oauthProblem{code: "unsupported_grant_type", description: "use refresh_token or password"}).write(w)
	}
}

// oauthPassword is the grant of RFC 6749, section 4.3.
func (s *Server) oauthPassword(w http.ResponseWriter, r *http.Request, form url.Values, client string) {
	g, ok := s.login(r, form.Get("username"), form.Get("password"), client)
	if !ok {
		(&oauthProblem{code: "invalid_grant", description: "unknown user or wrong password"}).write(w)
		return
	}
	cfg := s.config()
	noStore(w)
	writeJSON(w, http.StatusOK, oauthObject(&cfg, g, ""))
}

// oauthRefresh is the grant of RFC 6749, section 6.
func (s *Server) oauthRefresh(w http.ResponseWriter, r *http.Request, form url.Values, client string, problem *oauthProblem) {
	p := refreshRequest{token: form.Get("refresh_token"), client: client, rotates: func(*Config) bool { return true }}
	if problem == nil && p.token == "" {
		problem = invalidRequest("refresh_token is missing")
	}
	if problem != nil {
		p.invalid = problem.code + ": " + problem.description
	}
	o := s.process(r, &p)
	if s.respond(w, r, &o) {
		return
	}
	switch {
	case problem != nil:
		problem.write(w)
	case o.rejection == nil:
		writeJSON(w, http.StatusOK, oauthObject(&o.cfg, o.issued, p.token))
	case o.cfg.RefusedBody != "":
		writeBody(w, cmp.Or(o.cfg.RefusedStatus, http.StatusBadRequest), []byte(o.cfg.RefusedBody))
	default:
		(&oauthProblem{status: o.cfg.RefusedStatus, code: "invalid_grant", description: o.rejection.reason}).write(w)
	}
}

// oauthObject is the answer of RFC 6749, section 5.1.
func oauthObject(cfg *Config, g *issued, presented string) map[string]any {
	m := map[string]any{"access_token": g.access, "token_type": "Bearer"}
	if refresh, ok := cfg.refreshMember(g, presented); ok {
		m["refresh_token"] = refresh
	}
	if life, ok := cfg.expiresMember(g.ttl); ok {
		m["expires_in"] = life
	}
	return m
}

// oauthRevoke serves POST /oauth/revoke (RFC 7009): 200, whether the token was known or not.
func (s *Server) oauthRevoke(w http.ResponseWriter, r *http.Request) {
	form, problem := readForm(w, r)
	client := ""
	if problem == nil {
		client, problem = s.client(r, form)
	}
	if problem == nil && form.Get("token") == "" {
		problem = invalidRequest("token is missing")
	}
	if problem != nil {
		problem.write(w)
		return
	}
	s.revokeToken(r, form.Get("token"), client, http.StatusOK)
	w.WriteHeader(http.StatusOK)
}
