package authtest

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"strings"
)

// access is what an endpoint asks of its caller.
type access int

const (
	required access = iota // a good access token
	optional               // a good access token or none at all
	ignored                // nothing
)

// userKey is the context key of the caller's session.
type userKey struct{}

// caller returns the user who calls, "" if nobody signed the request.
func caller(r *http.Request) string {
	s, _ := r.Context().Value(userKey{}).(*family)
	if s == nil {
		return ""
	}
	return s.user
}

// api wraps an endpoint of the API: counts it, holds it, fails it, asks for its token.
func (s *Server) api(need access, h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.pause(r.Context(), s.arriveAPI(), 0)
		rec := &statusRecorder{ResponseWriter: w}
		e := Event{Kind: EventAPI, Method: r.Method, Path: r.URL.Path}
		ses, fault, denied := s.admit(r, need)
		switch {
		case fault != nil:
			e.Kind = EventFail
			drain(r)
			fault.write(rec)
		case denied != "":
			e.Kind, e.Note = EventDeny, denied
			drain(r)
			s.deny(rec, denied)
		default:
			h(rec, r.WithContext(context.WithValue(r.Context(), userKey{}, ses)))
		}
		if ses != nil {
			e.Session, e.User = ses.id, ses.user
		}
		e.Status = rec.status
		s.mu.Lock()
		defer s.unlock()
		s.record(e, nil)
	}
}

// arriveAPI counts a request and takes the next hold.
func (s *Server) arriveAPI() <-chan struct{} {
	s.mu.Lock()
	defer s.unlock()
	s.count(func(st *Stats) { st.APICalls++ })
	if len(s.apiHolds) == 0 {
		return nil
	}
	hold := s.apiHolds[0]
	s.apiHolds = s.apiHolds[1:]
	return hold
}

// Why a call to the API is denied.
const (
	noToken  = "no access token"
	badToken = "access token expired, revoked or unknown"
	noScope  = "insufficient scope"
)

// admit decides on a request: a fault, or a denial, or the session that calls, which is nil if
// nobody does.
func (s *Server) admit(r *http.Request, need access) (ses *family, f *fault, denied string) {
	s.mu.Lock()
	defer s.unlock()
	if f = next(&s.apiFaults); f != nil || need == ignored {
		return nil, f, ""
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if scheme == "" && need == optional {
		return nil, nil, ""
	}
	ses, ok := s.tokens.holder(strings.TrimSpace(token), s.clock())
	switch {
	case scheme == "":
		denied = noToken
	case !ok || !strings.EqualFold(scheme, "Bearer"):
		denied = badToken
	case s.cfg.RejectScope != 0:
		return ses, nil, noScope
	default:
		return ses, nil, ""
	}
	s.count(func(st *Stats) { st.Unauthorized++ })
	return nil, nil, denied
}

// deny answers a call that is not admitted, as RFC 6750, section 3 says if the configuration does
// not say otherwise.
func (s *Server) deny(w http.ResponseWriter, denied string) {
	cfg := s.config()
	challenge := `Bearer realm="authtest"`
	status, body := http.StatusUnauthorized, `{"message":"Missing access token"}`
	switch denied {
	case badToken:
		challenge += `, error="invalid_token", error_description="The access token expired"`
		status, body = cfg.ExpiredStatus, `{"message":"Invalid JWT"}`
		if status < 300 {
			body = "[]"
		}
		body = cmp.Or(cfg.ExpiredBody, body)
	case noScope:
		challenge += `, error="insufficient_scope", scope="admin"`
		status, body = cfg.RejectScope, `{"message":"Insufficient scope"}`
	}
	if !cfg.OmitChallenge && status >= 300 {
		w.Header().Set("WWW-Authenticate", challenge)
	}
	writeBody(w, status, []byte(body))
}

// drain reads a body that nobody looks at, so that the client can send it to the end and is sure
// to see the answer.
func drain(r *http.Request) { _, _ = io.CopyN(io.Discard, r.Body, 64<<20) }

// statusRecorder remembers the status of an answer.
type statusRecorder struct {
	http.ResponseWriter

	status int
}

// WriteHeader remembers the status.
func (r *statusRecorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}
