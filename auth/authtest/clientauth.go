package authtest

import (
	"cmp"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// ClientAuth is the way in which OAuth clients with a secret must authenticate.
type ClientAuth string

// The kinds of [ClientAuth].
const (
	AnyClientAuth     ClientAuth = ""                    // in either way
	ClientSecretBasic ClientAuth = "client_secret_basic" // in the Authorization header
	ClientSecretPost  ClientAuth = "client_secret_post"  // in the form
)

// oauthError is an error of RFC 6749, section 5.2.
type oauthError struct {
	status            int // 0: 400
	code, description string
}

// invalidRequest is the error of a malformed request.
func invalidRequest(description string) *oauthError {
	return &oauthError{code: "invalid_request", description: description}
}

// write responds with the error.
func (e *oauthError) write(w http.ResponseWriter) {
	noStore(w)
	if e.code == "invalid_client" {
		w.Header().Set("WWW-Authenticate", `Basic realm="authtest"`)
	}
	writeJSON(w, cmp.Or(e.status, http.StatusBadRequest),
		map[string]string{"error": e.code, "error_description": e.description})
}

// readForm reads a form body.
func readForm(w http.ResponseWriter, r *http.Request) (url.Values, *oauthError) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, invalidRequest("the body must be application/x-www-form-urlencoded")
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if r.ParseForm() != nil {
		return nil, invalidRequest("the form cannot be read")
	}
	for name, values := range r.PostForm { // not r.Form: section 2.3.1 forbids the query
		if len(values) > 1 && name != "resource" && name != "audience" { // RFC 8707, RFC 8693
			return r.PostForm, invalidRequest("a parameter is repeated") // section 3.2
		}
	}
	return r.PostForm, nil
}

// client authenticates the OAuth client (RFC 6749, section 2.3; RFC 7523, section 2.2) and returns
// its id. Without configured clients any id is accepted, and none.
func (s *Server) client(r *http.Request, form url.Values) (string, *oauthError) {
	cfg := s.config()
	id, secret := form.Get("client_id"), form.Get("client_secret")
	used := ClientSecretPost
	if user, password, ok := r.BasicAuth(); ok {
		used = ClientSecretBasic
		if form.Has("client_secret") {
			return "", invalidRequest("the client authenticates in two ways")
		}
		var err error
		if id, err = url.QueryUnescape(user); err != nil {
			return "", invalidRequest("the client id is not form encoded")
		}
		if secret, err = url.QueryUnescape(password); err != nil {
			return "", invalidRequest("the client secret is not form encoded")
		}
	}
	if form.Has("client_assertion") {
		return s.assertedClient(r, form)
	}
	if cfg.Clients == nil && cfg.ClientKeys == nil {
		return "", nil
	}
	want, known := cfg.Clients[id]
	switch {
	case !known || want != secret:
		return "", invalidClient("unknown client or wrong secret")
	case want != "" && cfg.ClientAuth != AnyClientAuth && cfg.ClientAuth != used:
		return "", invalidClient("the client must use " + string(cfg.ClientAuth))
	}
	return id, nil
}

// assertedClient authenticates a client by the assertion it has signed (private_key_jwt).
func (s *Server) assertedClient(r *http.Request, form url.Values) (string, *oauthError) {
	cfg := s.config()
	const jwtBearer = "urn:ietf:params:oauth:" + "client-assertion-type:jwt-bearer" // RFC 7523, section 2.2
	if form.Get("client_assertion_type") != jwtBearer {
		return "", invalidRequest("client_assertion_type must be " + jwtBearer)
	}
	var claims struct {
		Issuer   string   `json:"iss"`
		Subject  string   `json:"sub"`
		Audience audience `json:"aud"`
		Expires  int64    `json:"exp"`
		ID       string   `json:"jti"`
	}
	assertion := form.Get("client_assertion")
	header, err := splitJWS(assertion, &claims)
	if err != nil {
		return "", invalidClient("client_assertion: " + err.Error())
	}
	key, known := cfg.ClientKeys[claims.Issuer]
	if !known || claims.Issuer != claims.Subject {
		return "", invalidClient("client_assertion: iss and sub must be the id of a client with a key")
	}
	if err := verifyJWS(assertion, header.Algorithm, key); err != nil {
		return "", invalidClient("client_assertion: " + err.Error())
	}
	s.mu.Lock()
	defer s.unlock()
	now := s.clock()
	switch {
	case !claims.Audience.has(cfg.Issuer, cfg.Issuer+"/oauth/token", s.URL+r.URL.Path):
		return "", invalidClient("client_assertion: aud must be the issuer or the token endpoint")
	case !now.Before(time.Unix(claims.Expires, 0)):
		return "", invalidClient("client_assertion: it is expired")
	case claims.ID == "" || !s.proofs.first("assertion "+claims.ID, now):
		return "", invalidClient("client_assertion: jti is missing or was used before")
	}
	return claims.Issuer, nil
}

// invalidClient is the error of a client that cannot be authenticated.
func invalidClient(description string) *oauthError {
	return &oauthError{status: http.StatusUnauthorized, code: "invalid_client", description: description}
}

// audience is an aud claim: one string or a list of them (RFC 7519, section 4.1.3).
type audience []string

// UnmarshalJSON decodes either form.
func (a *audience) UnmarshalJSON(data []byte) error {
	text := strings.TrimSpace(string(data))
	if !strings.HasPrefix(text, "[") {
		text = "[" + text + "]"
	}
	var list []string
	if err := unmarshal(text, &list); err != nil {
		return fmt.Errorf("aud: %w", err)
	}
	*a = list
	return nil
}

// has reports whether one of the names is in the audience.
func (a audience) has(names ...string) bool {
	for _, v := range a {
		if slices.Contains(names, v) {
			return true
		}
	}
	return false
}
