package authtest

import (
	"crypto/rand"
	"maps"
	"net/http"
	"slices"
)

// metadata serves GET /.well-known/openid-configuration (OpenID Connect Discovery 1.0) and
// /.well-known/oauth-authorization-server (RFC 8414).
func (s *Server) metadata(w http.ResponseWriter, _ *http.Request) {
	cfg := s.config()
	base := cfg.Issuer
	methods := []string{"none", "client_secret_basic", "client_secret_post", "private_key_jwt"}
	if cfg.ClientAuth != AnyClientAuth {
		methods = []string{"none", string(cfg.ClientAuth), "private_key_jwt"}
	}
	algorithms := []string{"ES256", "EdDSA", "RS256"}
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer":                                           base,
		"authorization_endpoint":                           base + "/oauth/authorize",
		"token_endpoint":                                   base + "/oauth/token",
		"revocation_endpoint":                              base + "/oauth/revoke",
		"device_authorization_endpoint":                    base + "/oauth/device_authorization",
		"pushed_authorization_request_endpoint":            base + "/oauth/par",
		"require_pushed_authorization_requests":            cfg.RequirePAR,
		"registration_endpoint":                            base + "/oauth/register",
		"end_session_endpoint":                             base + "/oauth/logout",
		"token_endpoint_auth_methods_supported":            methods,
		"token_endpoint_auth_signing_alg_values_supported": algorithms,
		"revocation_endpoint_auth_methods_supported":       methods,
		"dpop_signing_alg_values_supported":                algorithms,
		"grant_types_supported":                            slices.Sorted(maps.Keys(s.grants())),
		"response_types_supported":                         []string{"code"},
		"code_challenge_methods_supported":                 []string{"S256"},
		"authorization_response_iss_parameter_supported":   !cfg.OmitIss,
		"scopes_supported":                                 []string{"openid", "offline_access"},
		"subject_types_supported":                          []string{"public"},
		"id_token_signing_alg_values_supported":            []string{"HS256"},
	})
}

// register serves POST /oauth/register (RFC 7591). Without configured clients, where every client
// is accepted, the registration is not kept.
func (s *Server) register(w http.ResponseWriter, r *http.Request) {
	m, ok := readObject(w, r)
	if !ok {
		(&oauthError{code: "invalid_client_metadata", description: notOneObject}).write(w)
		return
	}
	uris, _ := m["redirect_uris"].([]any)
	cfg := s.config()
	for _, uri := range uris {
		if text, ok := uri.(string); !ok || !cfg.allowsRedirect(text) {
			(&oauthError{code: "invalid_redirect_uri", description: "use a loopback address"}).write(w)
			return
		}
	}
	id, secret := "client-"+rand.Text(), ""
	if method, _ := m["token_endpoint_auth_method"].(string); method != "none" {
		secret = rand.Text()
		m["client_secret"], m["client_secret_expires_at"] = secret, 0
	}
	m["client_id"] = id
	s.mu.Lock()
	if s.cfg.Clients != nil {
		clients := maps.Clone(s.cfg.Clients)
		clients[id] = secret
		s.cfg.Clients = clients
	}
	s.unlock()
	noStore(w)
	writeJSON(w, http.StatusCreated, m)
}

// endSession serves /oauth/logout (OpenID Connect RP-Initiated Logout 1.0): the session of the ID
// token ends, and the browser goes where the client wants it.
func (s *Server) endSession(w http.ResponseWriter, r *http.Request) {
	hint := r.FormValue("id_token_hint")
	var claims idPayload
	if _, err := splitJWS(hint, &claims); err != nil || !s.tokens.key.signed(hint) {
		writeMessage(w, http.StatusBadRequest, "id_token_hint is not an ID token of this server")
		return
	}
	s.endFamily(r, &claims)
	cfg := s.config()
	if to := r.FormValue("post_logout_redirect_uri"); cfg.allowsRedirect(to) {
		response := map[string][]string{}
		if state := r.FormValue("state"); state != "" {
			response["state"] = []string{state}
		}
		http.Redirect(w, r, withQuery(to, response), http.StatusFound)
		return
	}
	writeMessage(w, http.StatusOK, "Signed out")
}

// endFamily ends the session of an ID token.
func (s *Server) endFamily(r *http.Request, claims *idPayload) {
	s.mu.Lock()
	defer s.unlock()
	e := Event{Kind: EventRevoke, Method: r.Method, Path: r.URL.Path, Session: claims.Session, User: claims.Subject}
	f := s.tokens.families[claims.Session]
	if f != nil {
		s.tokens.revoke(f)
	}
	s.record(e, func(st *Stats) {
		st.Revocations++
		if f != nil {
			st.RevokedSessions++
		}
	})
}
