package authtest

import "net/http"

// jwks serves GET /.well-known/jwks.json (RFC 7517).
func (s *Server) jwks(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string][]jwk{"keys": {s.ledger.key.public}})
}

// metadata serves GET /.well-known/oauth-authorization-server (RFC 8414).
func (s *Server) metadata(w http.ResponseWriter, _ *http.Request) {
	base := s.config().Issuer
	methods := []string{"none", "client_secret_basic", "client_secret_post"}
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer":                                     base,
		"token_endpoint":                             base + "/oauth/token",
		"token_endpoint_auth_methods_supported":      methods,
		"revocation_endpoint":                        base + "/oauth/revoke",
		"revocation_endpoint_auth_methods_supported": methods,
		"jwks_uri":                                   base + "/.well-known/jwks.json",
		"grant_types_supported":                      []string{"password", "refresh_token"},
		"response_types_supported":                   []string{},
	})
}
