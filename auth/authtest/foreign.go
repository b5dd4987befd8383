package authtest

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
)

// Leak is a credential that reached the [Foreign] origin. It never holds the credential.
type Leak struct {
	Method string
	Where  string // "Authorization header", "header NAME", "URL" or "body"
}

// Foreign is a server on an origin that is not the API's: a stranger that must never see a token.
// It has the host of the API and another port, because on a redirect net/http itself strips the
// Authorization header for another host, but not for another port. Its methods may be called
// concurrently, while it serves. It ends with [Server.Close].
type Foreign struct {
	// URL is the base of the origin, http://host:port.
	URL string

	server *Server
	http   *httpServer

	mu     sync.Mutex
	answer fault
	leaks  []Leak
}

func newForeign(s *Server, l net.Listener) *Foreign {
	f := &Foreign{URL: "http://" + l.Addr().String(), server: s}
	f.Answer(http.StatusOK, nil, `{"foreign":true}`)
	f.http = serve(l, http.HandlerFunc(f.serveHTTP))
	return f
}

// Answer sets the response to every request from now on. The default is 200 {"foreign":true}. The
// header may be nil; without a Content-Type it is taken from the body. A status outside of 200 to
// 599 becomes 500.
func (f *Foreign) Answer(status int, header http.Header, body string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = newFault(0, status, header, body)
}

// Redirect responds to every request from now on with a redirect to an absolute URL.
func (f *Foreign) Redirect(status int, url string) {
	f.Answer(status, http.Header{"Location": {url}}, "")
}

// Leaks returns every credential that the origin has seen: each Authorization header, and each
// token of the server in a URL, a header or the first MiB of a body. A request counts once.
func (f *Foreign) Leaks() []Leak {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]Leak(nil), f.leaks...)
}

func (f *Foreign) serveHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, maxBody))
	where := f.server.findToken(r, body)
	f.mu.Lock()
	answer := f.answer
	e := Event{Kind: EventForeign, Method: r.Method, Path: r.URL.Path, Status: answer.status}
	if where != "" {
		f.leaks = append(f.leaks, Leak{Method: r.Method, Where: where})
		e.Note = "credential in " + where
	}
	f.mu.Unlock()
	f.server.mu.Lock()
	f.server.record(e, func(st *Stats) {
		st.ForeignRequests++
		if where != "" {
			st.ForeignTokens++
		}
	})
	f.server.unlock()
	answer.write(w)
}

// findToken returns where in a request a credential is, "" if nowhere.
func (s *Server) findToken(r *http.Request, body []byte) string {
	if r.Header.Get("Authorization") != "" {
		return "Authorization header"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for token := range s.tokens.all() {
		if strings.Contains(r.URL.String(), token) {
			return "URL"
		}
		if bytes.Contains(body, []byte(token)) {
			return "body"
		}
		for name, values := range r.Header {
			if strings.Contains(strings.Join(values, "\n"), token) {
				return "header " + name
			}
		}
	}
	return ""
}
