package authtest

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
)

// access is what an endpoint requires of its caller.
type access int

const (
	required access = iota // a valid access token
	optional               // a valid access token or none at all
	ignored                // nothing
)

// callerKey is the context key of the session that signed a request.
type callerKey struct{}

// caller returns the user who signed the request, "" if it is unsigned.
func caller(r *http.Request) string {
	f, _ := r.Context().Value(callerKey{}).(*family)
	if f == nil {
		return ""
	}
	return f.user
}

// Protect returns a handler that requires a valid access token of this server before it calls next,
// with everything that [Config] and the Server's methods say about the API: so your own handlers
// expire, fail and are counted as the built-in endpoints do. [Server.User] names the caller.
func (s *Server) Protect(next http.Handler) http.Handler { return s.api(required, next.ServeHTTP) }

// User returns the name of the user who signed a request to a handler behind [Server.Protect]. It
// is "" for requests that did not pass there.
func (*Server) User(r *http.Request) string { return caller(r) }

// api wraps an endpoint of the API: it counts, holds and fails requests, and checks their token.
func (s *Server) api(need access, h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.pause(r.Context(), s.arriveAPI(), 0)
		rec := &statusRecorder{ResponseWriter: w}
		e := Event{Kind: EventAPI, Method: r.Method, Path: r.URL.Path}
		f, fault, d := s.admit(w, r, need)
		switch {
		case fault != nil:
			e.Kind = EventFail
			drain(r)
			fault.write(rec)
		case d != nil:
			e.Kind, e.Note = EventDeny, d.note
			drain(r)
			s.deny(rec, d)
		default:
			h(rec, r.WithContext(context.WithValue(r.Context(), callerKey{}, f)))
		}
		if f != nil {
			e.Session, e.User = f.id, f.user
		}
		e.Status = cmp.Or(rec.status, http.StatusOK)
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

// denial says why a request to the API is denied.
type denial struct {
	note   string // for the timeline
	code   string // of RFC 6750, section 3.1 or RFC 9449, section 7.1; "" if there is no token
	scheme string // of the challenge
	scope  bool   // the token is valid, its scope is not enough
}

// admit decides about a request: a fault, a denial, or the session that signed it, which is nil if
// no token is needed.
func (s *Server) admit(w http.ResponseWriter, r *http.Request, need access) (*family, *fault, *denial) {
	s.mu.Lock()
	defer s.unlock()
	s.offerNonce(w.Header())
	f := next(&s.apiFaults)
	if f != nil || need == ignored {
		return nil, f, nil
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if scheme == "" && need == optional {
		return nil, nil, nil
	}
	holder, d := s.authenticate(r, scheme, strings.TrimSpace(token))
	switch {
	case d == nil && s.cfg.RejectScope != 0:
		d = &denial{note: "insufficient scope", code: "insufficient_scope", scheme: scheme, scope: true}
		return holder, nil, d
	case d == nil:
		return holder, nil, nil
	case d.code == "use_dpop_nonce":
		s.count(func(st *Stats) { st.NonceChallenges++ })
	default:
		s.count(func(st *Stats) { st.Unauthorized++ })
	}
	return nil, nil, d
}

// authenticate returns the session of the token that a request carries. The caller holds the lock.
func (s *Server) authenticate(r *http.Request, scheme, token string) (*family, *denial) {
	f, valid := s.tokens.holder(token, s.clock())
	isDPoP := strings.EqualFold(scheme, "DPoP")
	d := &denial{note: "access token expired, revoked or unknown", code: "invalid_token", scheme: "Bearer"}
	if isDPoP || s.cfg.DPoP == DPoPRequired || valid && f.thumbprint != "" {
		d.scheme = "DPoP"
	}
	switch {
	case scheme == "":
		d.note, d.code = "no access token", ""
		return nil, d
	case !valid || !isDPoP && !strings.EqualFold(scheme, "Bearer") || isDPoP != (f.thumbprint != ""):
		return nil, d
	case !isDPoP:
		return f, nil
	}
	switch thumbprint, err := s.checkProof(r, token); {
	case errors.Is(err, errUseNonce):
		d.note, d.code = err.Error(), "use_dpop_nonce"
		return nil, d
	case err != nil:
		d.note, d.code = err.Error(), "invalid_dpop_proof"
		return nil, d
	case thumbprint != f.thumbprint:
		d.note = "the token is bound to another DPoP key"
		return nil, d
	}
	return f, nil
}

// deny responds to a request that is not admitted, as in RFC 6750, section 3 unless the
// configuration says otherwise.
func (s *Server) deny(w http.ResponseWriter, d *denial) {
	cfg := s.config()
	challenge := d.scheme + ` realm="authtest"`
	if d.scheme == "DPoP" {
		challenge += `, algs="ES256 EdDSA RS256"`
	}
	status, body := http.StatusUnauthorized, `{"message":"Missing access token"}`
	switch {
	case d.scope:
		challenge += `, error="insufficient_scope", scope="admin"`
		status, body = cfg.RejectScope, `{"message":"Insufficient scope"}`
	case d.code == "invalid_token":
		challenge += `, error="invalid_token", error_description="The access token expired"`
		status, body = cfg.expired(w.Header())
	case d.code != "":
		challenge += `, error="` + d.code + `"`
		body = `{"message":"Invalid proof"}`
	}
	if !cfg.OmitChallenge && status >= 300 {
		w.Header().Set("WWW-Authenticate", challenge)
	}
	writeBody(w, status, []byte(body))
}

// drain reads a body that no one uses, so that the client can send all of it and is sure to see
// the response.
func drain(r *http.Request) { _, _ = io.CopyN(io.Discard, r.Body, 64<<20) }

// statusRecorder remembers the status of a response.
type statusRecorder struct {
	http.ResponseWriter

	status int
}

// WriteHeader remembers the status.
func (r *statusRecorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// Unwrap lets [http.ResponseController] reach the writer beneath.
func (r *statusRecorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
