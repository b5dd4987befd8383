package authtest

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
)

// grantFunc opens a session for a token request. The caller holds the server's lock.
type grantFunc func(form url.Values, client, thumbprint string) (*issued, *oauthError)

// grants are the grant types of the token endpoint; refresh_token is served by oauthRefresh.
func (s *Server) grants() map[string]grantFunc {
	return map[string]grantFunc{
		"password":           s.redeemPassword,
		"authorization_code": s.redeemCode,
		"client_credentials": s.redeemClient,
		"urn:ietf:params:oauth:grant-type:device_code": s.redeemDevice,
		"refresh_token": nil,
	}
}

// clientForm reads a form and authenticates the client that sent it.
func (s *Server) clientForm(w http.ResponseWriter, r *http.Request) (form url.Values, client string, problem *oauthError) {
	form, problem = readForm(w, r)
	if problem == nil {
		client, problem = s.client(r, form)
	}
	return form, client, problem
}

// oauthToken serves POST /oauth/token.
func (s *Server) oauthToken(w http.ResponseWriter, r *http.Request) {
	form, client, problem := s.clientForm(w, r)
	grantType := form.Get("grant_type")
	thumbprint := ""
	if problem == nil {
		thumbprint, problem = s.proofKey(w, r, grantType != "refresh_token")
		if problem != nil {
			problem.write(w)
			return
		}
	}
	grant, known := s.grants()[grantType]
	switch {
	case grantType == "refresh_token":
		s.oauthRefresh(w, r, form, &refreshRequest{client: client, thumbprint: thumbprint}, problem)
	case problem != nil:
		problem.write(w)
	case grantType == "":
		invalidRequest("grant_type is missing").write(w)
	case !known:
		(&oauthError{code: "unsupported_grant_type", description: "use one of the metadata's grant_types_supported"}).write(w)
	default:
		s.openSession(w, r, func() (*issued, *oauthError) { return grant(form, client, thumbprint) })
	}
}

// openSession responds to a token request that opens a session.
func (s *Server) openSession(w http.ResponseWriter, r *http.Request, grant func() (*issued, *oauthError)) {
	s.mu.Lock()
	g, problem := grant()
	e := Event{Method: r.Method, Path: r.URL.Path}
	if problem != nil {
		e.Kind, e.Note = EventRefuse, problem.code+": "+problem.description
		s.record(e, nil)
	} else {
		e.Kind, e.User, e.Session = EventLogin, g.family.user, g.family.id
		s.record(e, func(st *Stats) { st.Logins++ })
	}
	cfg := s.cfg
	s.unlock()
	if problem != nil {
		problem.write(w)
		return
	}
	noStore(w)
	writeJSON(w, http.StatusOK, s.oauthObject(&cfg, g, ""))
}

// redeemPassword is the grant of RFC 6749, section 4.3. The caller holds the lock.
func (s *Server) redeemPassword(form url.Values, client, thumbprint string) (*issued, *oauthError) {
	user := form.Get("username")
	if want, known := s.cfg.Users[user]; !known || want != form.Get("password") {
		return nil, invalidGrant(wrongPassword)
	}
	g := s.tokens.open(&login{user: user, client: client, scope: form.Get("scope"), thumbprint: thumbprint}, s.clock(), &s.cfg)
	return &g, nil
}

// redeemClient is the grant of RFC 6749, section 4.4: the client is the user, and there is no
// refresh token. The caller holds the lock.
func (s *Server) redeemClient(form url.Values, client, thumbprint string) (*issued, *oauthError) {
	if s.cfg.Clients[client] == "" && s.cfg.ClientKeys[client] == nil {
		return nil, &oauthError{code: "unauthorized_client", description: "only clients with a secret or a key may do this"}
	}
	f := s.tokens.newFamily(&login{user: client, client: client, scope: form.Get("scope"), thumbprint: thumbprint}, s.clock())
	g := s.tokens.issueAccess(f, s.clock(), &s.cfg)
	return &g, nil
}

// oauthRefresh is the grant of RFC 6749, section 6.
func (s *Server) oauthRefresh(w http.ResponseWriter, r *http.Request, form url.Values, p *refreshRequest, problem *oauthError) {
	p.token, p.rotates = form.Get("refresh_token"), func(*Config) bool { return true }
	if problem == nil && p.token == "" {
		problem = invalidRequest("refresh_token is missing")
	}
	if problem != nil {
		p.invalid = problem.code + ": " + problem.description
	}
	o := s.process(r, p)
	if s.respond(w, r, &o) {
		return
	}
	switch {
	case problem != nil:
		problem.write(w)
	case o.rejection == nil:
		writeJSON(w, http.StatusOK, s.oauthObject(&o.cfg, o.issued, p.token))
	case o.cfg.RefusedBody != "" || o.cfg.ErrorDialect != OAuthErrors:
		o.cfg.writeRefused(w, o.rejection)
	default:
		(&oauthError{status: o.cfg.RefusedStatus, code: "invalid_grant", description: o.rejection.reason}).write(w)
	}
}

// oauthObject is the response of RFC 6749, section 5.1.
func (s *Server) oauthObject(cfg *Config, g *issued, presented string) map[string]any {
	m := map[string]any{"access_token": g.access, "token_type": "Bearer"}
	if g.family.thumbprint != "" {
		m["token_type"] = "DPoP"
	}
	if refresh, ok := cfg.refreshMember(g, presented); ok {
		m["refresh_token"] = refresh
	}
	if life, ok := cfg.expiresMember(g.ttl); ok {
		m["expires_in"] = life
	}
	if g.family.scope != "" {
		m["scope"] = g.family.scope
	}
	if id := s.idToken(cfg, g.family); id != "" {
		m["id_token"] = id
	}
	return m
}

// oauthRevoke serves POST /oauth/revoke (RFC 7009): 200, whether the token was known or not.
func (s *Server) oauthRevoke(w http.ResponseWriter, r *http.Request) {
	form, client, problem := s.clientForm(w, r)
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

// writeRefused responds to a refused refresh in the configured dialect.
func (c *Config) writeRefused(w http.ResponseWriter, r *rejection) {
	if c.RefusedBody != "" {
		writeBody(w, cmp.Or(c.RefusedStatus, http.StatusBadRequest), []byte(c.RefusedBody))
		return
	}
	status, body := c.ErrorDialect.refused(r)
	text, err := json.Marshal(body)
	if err != nil {
		abort(err)
	}
	writeBody(w, cmp.Or(c.RefusedStatus, status), text)
}
