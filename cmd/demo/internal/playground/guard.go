package playground

import (
	"net"
	"net/http"

	"github.com/chatelaine-go/chatelaine/internal/origin"
)

// sameOrigin refuses requests that another site's page, or a name bound to this address by
// another site, may have caused. Programs send neither Origin nor Sec-Fetch-Site.
func (s *Server) sameOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.ownHost(r.Host) || !ownOrigin(r) || !ownInitiator(r) {
			s.refuse(w)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// ownName refuses requests under another name. It is for pages, to which another site may link.
func (s *Server) ownName(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.ownHost(r.Host) {
			s.refuse(w)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Server) refuse(w http.ResponseWriter) {
	writeJSON(w, http.StatusForbidden, map[string]string{
		"message": "the control endpoints refuse other sites and other machines; use " + s.URL,
	})
}

// ownHost reports whether a Host header names this server by a loopback name.
func (s *Server) ownHost(host string) bool {
	name, port, err := net.SplitHostPort(host)
	return err == nil && port == s.port && origin.IsLoopback(name)
}

// ownOrigin reports whether the Origin, also that of a GET, is this server's, or missing.
func ownOrigin(r *http.Request) bool {
	origins := r.Header.Values("Origin")
	return len(origins) == 0 || len(origins) == 1 && origins[0] == "http://"+r.Host
}

// ownInitiator reports whether a browser names this server's own page, or the user, as the cause.
func ownInitiator(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return true
	default:
		return false
	}
}
