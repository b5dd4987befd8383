package authtest

import (
	"cmp"
	"mime"
	"net/http"
	"net/url"
)

// oauthError answers with an error of RFC 6749, section 5.2.
func oauthError(w http.ResponseWriter, status int, code, description string) {
	noStore(w)
	writeJSON(w, status, map[string]string{"error": code, "error_description": description})
}

// readForm reads a form body, or answers invalid_request and returns false.
func readForm(w http.ResponseWriter, r *http.Request) (url.Values, bool) {
	fail := func(description string) (url.Values, bool) {
		oauthError(w, http.StatusBadRequest, "invalid_request", description)
		return nil, false
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return fail("the body must be application/x-www-form-urlencoded")
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := r.ParseForm(); err != nil {
		return fail("the form cannot be read")
	}
	for name, values := range r.PostForm {
		if len(values) > 1 { // RFC 6749, section 3.2
			return fail("the parameter " + name + " is repeated")
		}
	}
	return r.PostForm, true
}

// client authenticates the OAuth client (RFC 6749, section 2.3.1), or answers and returns false.
// The name is "" if no clients are configured.
func (s *Server) client(w http.ResponseWriter, r *http.Request, form url.Values) (string, bool) {
	clients := s.config().Clients
	if clients == nil {
		return "", true
	}
	id, secret := form.Get("client_id"), form.Get("client_secret")
	user, password, basic := r.BasicAuth()
	if basic {
		if form.Has("client_secret") {
			oauthError(w, http.StatusBadRequest, "invalid_request", "the client authenticates in two ways")
			return "", false
		}
		var err1, err2 error
		id, err1 = url.QueryUnescape(user)
		secret, err2 = url.QueryUnescape(password)
		if err1 != nil || err2 != nil {
			id = ""
		}
	}
	if want, ok := clients[id]; ok && want == secret {
		return id, true
	}
	w.Header().Set("WWW-Authenticate", `Basic realm="authtest"`)
	oauthError(w, http.StatusUnauthorized, "invalid_client", "unknown client or wrong secret")
	return "", false
}

// oauthToken serves POST /oauth/token.
func (s *Server) oauthToken(w http.ResponseWriter, r *http.Request) {
	form, ok := readForm(w, r)
	if !ok {
		return
	}
	switch grantType := form.Get("grant_type"); grantType {
	case "refresh_token":
		s.oauthRefresh(w, r, form)
	case "password":
		s.oauthPassword(w, r, form)
	case "":
		oauthError(w, http.StatusBadRequest, "invalid_request", "grant_type is missing")
	default:
		oauthError(w, http.StatusBadRequest, "unsupported_grant_type", "use refresh_token or password")
	}
}

// oauthPassword is the grant of RFC 6749, section 4.3.
func (s *Server) oauthPassword(w http.ResponseWriter, r *http.Request, form url.Values) {
	client, ok := s.client(w, r, form)
	if !ok {
		return
	}
	g, err := s.login(r, form.Get("username"), form.Get("password"), client)
	if err != nil {
		oauthError(w, http.StatusBadRequest, "invalid_grant", "unknown user or wrong password")
		return
	}
	cfg := s.config()
	noStore(w)
	writeJSON(w, http.StatusOK, oauthObject(&cfg, g, ""))
}

// oauthRefresh is the grant of RFC 6749, section 6.
func (s *Server) oauthRefresh(w http.ResponseWriter, r *http.Request, form url.Values) {
	if s.arrive(w, r) {
		return
	}
	client, ok := s.client(w, r, form)
	if !ok {
		return
	}
	token := form.Get("refresh_token")
	if token == "" {
		oauthError(w, http.StatusBadRequest, "invalid_request", "refresh_token is missing")
		return
	}
	o := s.decide(token, client, func(*Config) bool { return true })
	if s.settle(w, r, &o) {
		return
	}
	noStore(w)
	switch {
	case o.refusal == nil:
		writeJSON(w, http.StatusOK, oauthObject(&o.cfg, o.grant, token))
	case o.cfg.RefusedBody == "":
		oauthError(w, cmp.Or(o.cfg.RefusedStatus, http.StatusBadRequest), "invalid_grant", o.refusal.reason)
	default:
		writeBody(w, cmp.Or(o.cfg.RefusedStatus, http.StatusBadRequest), []byte(o.cfg.RefusedBody))
	}
}

// oauthObject is the answer of RFC 6749, section 5.1.
func oauthObject(cfg *Config, g *grant, presented string) map[string]any {
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
	form, ok := readForm(w, r)
	if !ok {
		return
	}
	client, ok := s.client(w, r, form)
	if !ok {
		return
	}
	token := form.Get("token")
	if token == "" {
		oauthError(w, http.StatusBadRequest, "invalid_request", "token is missing")
		return
	}
	s.revokeToken(r, token, client, http.StatusOK)
	w.WriteHeader(http.StatusOK)
}
