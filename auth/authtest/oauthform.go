package authtest

import (
	"cmp"
	"mime"
	"net/http"
	"net/url"
)

// oauthProblem is an error of RFC 6749, section 5.2.
type oauthProblem struct {
	status            int // 0: 400
	code, description string
}

// invalidRequest is the error of a request that is not well formed.
func invalidRequest(description string) *oauthProblem {
	return &oauthProblem{code: "invalid_request", description: description}
}

// write answers with the error.
func (p *oauthProblem) write(w http.ResponseWriter) {
	noStore(w)
	if p.code == "invalid_client" {
		w.Header().Set("WWW-Authenticate", `Basic realm="authtest"`)
	}
	writeJSON(w, cmp.Or(p.status, http.StatusBadRequest),
		map[string]string{"error": p.code, "error_description": p.description})
}

// readForm reads a form body.
func readForm(w http.ResponseWriter, r *http.Request) (url.Values, *oauthProblem) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, invalidRequest("the body must be application/x-www-form-urlencoded")
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if r.ParseForm() != nil {
		return nil, invalidRequest("the form cannot be read")
	}
	for _, values := range r.PostForm { // not r.Form: section 2.3.1 forbids the query
		if len(values) > 1 {
			return r.PostForm, invalidRequest("a parameter is repeated") // section 3.2
		}
	}
	return r.PostForm, nil
}

// client authenticates the OAuth client (RFC 6749, section 2.3.1). Its name is "" if no clients
// are configured.
func (s *Server) client(r *http.Request, form url.Values) (string, *oauthProblem) {
	clients := s.config().Clients
	if clients == nil {
		return "", nil
	}
	id, secret := form.Get("client_id"), form.Get("client_secret")
	if user, password, ok := r.BasicAuth(); ok {
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
	if want, ok := clients[id]; ok && want == secret {
		return id, nil
	}
	return "", &oauthProblem{
		status:      http.StatusUnauthorized,
		code:        "invalid_client",
		description: "unknown client or wrong secret",
	}
}
