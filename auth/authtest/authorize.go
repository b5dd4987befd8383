package authtest

import (
	"crypto/rand"
	"crypto/subtle"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// codeTTL is the life of an authorization code and of a pushed authorization request.
const codeTTL = time.Minute

// authRequest is an authorization request (RFC 6749, section 4.1.1).
type authRequest struct {
	params  url.Values
	expires time.Time
}

// authCode is what the server knows of an authorization code.
type authCode struct {
	request authRequest
	user    string
	expires time.Time
	family  *family // of the tokens that it was exchanged for
}

// authorize serves /oauth/authorize. Config.BrowserUser agrees at once, so that no test needs a
// human: the response is the redirect to the client.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	if r.ParseForm() != nil {
		writeMessage(w, http.StatusBadRequest, "The query cannot be read")
		return
	}
	to, problem := s.decideAuthorization(r)
	if problem != "" {
		writeMessage(w, http.StatusBadRequest, problem)
		return
	}
	http.Redirect(w, r, to, http.StatusFound)
}

// decideAuthorization returns the URL to which the browser goes back. The problem says why it
// cannot, "" if it can.
func (s *Server) decideAuthorization(r *http.Request) (to, problem string) {
	s.mu.Lock()
	defer s.unlock()
	request, problem := s.authRequest(r.Form)
	if problem != "" { // the redirect URI is not trusted (RFC 6749, section 4.1.2.1)
		s.record(Event{Kind: EventRefuse, Method: r.Method, Path: r.URL.Path, Note: problem}, nil)
		return "", problem
	}
	e := Event{Kind: EventAuthorize, Method: r.Method, Path: r.URL.Path, Status: http.StatusFound}
	response := url.Values{}
	if code := s.refusesAuthorization(request.params); code != "" {
		response.Set("error", code)
		e.Note = code
	} else {
		code := "code-" + rand.Text()
		e.User = s.cfg.BrowserUser
		s.tokens.codes[code] = &authCode{request: request, user: e.User, expires: s.clock().Add(codeTTL)}
		response.Set("code", code)
	}
	if state := request.params.Get("state"); state != "" {
		response.Set("state", state)
	}
	if !s.cfg.OmitIss {
		response.Set("iss", s.cfg.Issuer)
	}
	s.record(e, nil)
	return withQuery(request.params.Get("redirect_uri"), response), ""
}

// authRequest returns the request of a query: the pushed one if the query names it. The problem
// says why the browser cannot be sent back, "" if it can.
func (s *Server) authRequest(query url.Values) (request authRequest, problem string) {
	request = authRequest{params: query}
	if uri := query.Get("request_uri"); uri != "" {
		pushed, ok := s.tokens.pushed[uri]
		delete(s.tokens.pushed, uri) // one use (RFC 9126, section 4)
		if !ok || !s.clock().Before(pushed.expires) || pushed.params.Get("client_id") != query.Get("client_id") {
			return request, "Unknown request_uri"
		}
		request = pushed
	} else if s.cfg.RequirePAR {
		return request, "Push the authorization request first"
	}
	if !s.knowsClient(request.params.Get("client_id")) {
		return request, "Unknown client"
	}
	if !s.cfg.allowsRedirect(request.params.Get("redirect_uri")) {
		return request, "The redirect_uri is neither a loopback address nor in RedirectURIs"
	}
	return request, ""
}

// knowsClient reports whether a client with the id exists. The caller holds the lock.
func (s *Server) knowsClient(id string) bool {
	if s.cfg.Clients == nil && s.cfg.ClientKeys == nil {
		return true
	}
	_, secret := s.cfg.Clients[id]
	_, key := s.cfg.ClientKeys[id]
	return secret || key
}

// refusesAuthorization returns the error code of a request that is not granted, "" if it is.
func (s *Server) refusesAuthorization(params url.Values) string {
	public := s.cfg.Clients[params.Get("client_id")] == "" && s.cfg.ClientKeys[params.Get("client_id")] == nil
	switch {
	case s.cfg.DenyAuthorization:
		return "access_denied"
	case params.Get("response_type") != "code":
		return "unsupported_response_type"
	case params.Get("code_challenge") != "" && params.Get("code_challenge_method") != "S256":
		return "invalid_request" // RFC 7636; plain is not supported
	case params.Get("code_challenge") == "" && public:
		return "invalid_request" // RFC 9700, section 2.1.1
	}
	return ""
}

// allowsRedirect reports whether a client may be sent there: to a loopback address with any port
// (RFC 8252, section 7.3), or to one of RedirectURIs exactly.
func (c *Config) allowsRedirect(uri string) bool {
	if slices.Contains(c.RedirectURIs, uri) {
		return true
	}
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "http" || u.Fragment != "" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// push serves POST /oauth/par (RFC 9126).
func (s *Server) push(w http.ResponseWriter, r *http.Request) {
	form, _, problem := s.clientForm(w, r)
	if problem == nil && form.Has("request_uri") {
		problem = invalidRequest("a pushed request cannot name another one")
	}
	if problem == nil {
		_, problem = s.proofKey(w, r, false)
	}
	if problem != nil {
		problem.write(w)
		return
	}
	uri := "urn:ietf:params:oauth:request_uri:" + rand.Text()
	s.mu.Lock()
	s.tokens.pushed[uri] = authRequest{params: form, expires: s.clock().Add(codeTTL)}
	s.unlock()
	noStore(w)
	writeJSON(w, http.StatusCreated, map[string]any{"request_uri": uri, "expires_in": int(codeTTL / time.Second)})
}

// redeemCode is the grant of RFC 6749, section 4.1.3, with RFC 7636. The caller holds the lock.
func (s *Server) redeemCode(form url.Values, client, thumbprint string) (*issued, *oauthError) {
	c, ok := s.tokens.codes[form.Get("code")]
	if !ok {
		return nil, invalidGrant("unknown code")
	}
	if c.family != nil {
		s.tokens.revoke(c.family) // section 4.1.2
		return nil, invalidGrant("the code was used before")
	}
	params := c.request.params
	challenge := params.Get("code_challenge")
	bound := params.Get("dpop_jkt") // RFC 9449, section 10
	sameChallenge := subtle.ConstantTimeCompare([]byte(hashText(form.Get("code_verifier"))), []byte(challenge)) == 1
	switch {
	case !s.clock().Before(c.expires):
		return nil, invalidGrant("the code is expired")
	case client != "" && client != params.Get("client_id"):
		return nil, invalidGrant("the code was issued to another client")
	case form.Get("redirect_uri") != params.Get("redirect_uri"):
		return nil, invalidGrant("redirect_uri is not that of the authorization request")
	case challenge != "" && !sameChallenge, challenge == "" && form.Has("code_verifier"):
		return nil, invalidGrant("code_verifier does not match")
	case bound != "" && bound != thumbprint:
		return nil, invalidGrant("the code is bound to another DPoP key")
	}
	g := s.tokens.open(&login{
		user: c.user, client: client, scope: params.Get("scope"), nonce: params.Get("nonce"), thumbprint: thumbprint,
	}, s.clock(), &s.cfg)
	c.family = g.family
	return &g, nil
}

// invalidGrant is the error of a grant that is not good.
func invalidGrant(description string) *oauthError {
	return &oauthError{code: "invalid_grant", description: description}
}

// withQuery adds parameters to the query of a URL.
func withQuery(base string, params url.Values) string {
	u, err := url.Parse(base)
	if err != nil {
		return base
	}
	q := u.Query()
	for name := range params {
		q.Set(name, params.Get(name))
	}
	u.RawQuery = q.Encode()
	return u.String()
}
