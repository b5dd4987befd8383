package authtest

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// DPoP says how the server treats proofs of possession (RFC 9449).
type DPoP string

// The kinds of [DPoP].
const (
	DPoPAccepted DPoP = ""         // a session opened with a proof is bound to its key
	DPoPRequired DPoP = "required" // no session is opened without a proof
)

// proofWindow is how far the time of a proof may be from the server's.
const proofWindow = 5 * time.Minute

// errUseNonce asks for a proof with the current nonce (RFC 9449, section 8).
var errUseNonce = errors.New("the proof needs the current nonce")

// proof is the payload of a DPoP proof (RFC 9449, section 4.2).
type proof struct {
	ID     string `json:"jti"`
	Method string `json:"htm"`
	URL    string `json:"htu"`
	Issued int64  `json:"iat"`
	Hash   string `json:"ath"`
	Nonce  string `json:"nonce"`
}

// proofs is what the server remembers of proofs: the nonce it requires, and those it has seen.
type proofs struct {
	nonce string
	seen  map[string]time.Time
}

func newProofs() proofs {
	return proofs{nonce: rand.Text(), seen: make(map[string]time.Time)}
}

// first reports whether the proof is new, and remembers it.
func (p *proofs) first(id string, now time.Time) bool {
	const many = 10_000
	if len(p.seen) >= many {
		for old, at := range p.seen {
			if now.Sub(at) > 2*proofWindow {
				delete(p.seen, old)
			}
		}
	}
	if _, again := p.seen[id]; again {
		return false
	}
	p.seen[id] = now
	return true
}

// RotateNonce replaces the nonce that [Config].DPoPNonce requires: proofs with the earlier one are
// refused with use_dpop_nonce, as if the server had restarted.
func (s *Server) RotateNonce() {
	s.mu.Lock()
	defer s.unlock()
	s.proofs.nonce = rand.Text()
}

// offerNonce puts the current nonce into the response (RFC 9449, section 8.2). The caller holds
// the lock.
func (s *Server) offerNonce(h http.Header) {
	if s.cfg.DPoPNonce {
		h.Set("DPoP-Nonce", s.proofs.nonce)
	}
}

// checkProof verifies the proof of a request (RFC 9449, section 4.3) and returns the thumbprint of
// its key: "" if the request has no proof. At the API, access is the access token that the proof
// must be for. The caller holds the lock.
func (s *Server) checkProof(r *http.Request, access string) (thumbprint string, err error) {
	values := r.Header.Values("DPoP")
	if len(values) == 0 {
		return "", nil
	}
	if len(values) > 1 {
		return "", errors.New("there are several DPoP headers")
	}
	var p proof
	header, err := splitJWS(values[0], &p)
	if err != nil {
		return "", err
	}
	if header.Type != "dpop+jwt" || header.Key == nil {
		return "", errors.New("typ must be dpop+jwt, and jwk the public key")
	}
	key, err := header.Key.public()
	if err != nil {
		return "", err
	}
	if err := verifyJWS(values[0], header.Algorithm, key); err != nil {
		return "", err
	}
	if err := p.check(r, access, s.clock()); err != nil {
		return "", err
	}
	if s.cfg.DPoPNonce && p.Nonce != s.proofs.nonce {
		return "", errUseNonce
	}
	if !s.proofs.first(p.ID, s.clock()) {
		return "", errors.New("the proof was used before")
	}
	return header.Key.thumbprint(), nil
}

// check compares the claims of a proof with the request that carries it.
func (p *proof) check(r *http.Request, access string, now time.Time) error {
	u, err := url.Parse(p.URL)
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	switch age := now.Sub(time.Unix(p.Issued, 0)); {
	case p.ID == "":
		return errors.New("jti is missing")
	case p.Method != r.Method:
		return fmt.Errorf("htm is %q in a %s request", p.Method, r.Method)
	case err != nil || u.Scheme != scheme || !strings.EqualFold(u.Host, r.Host) || u.Path != r.URL.Path:
		return errors.New("htu is not the URL of the request")
	case u.RawQuery != "" || u.Fragment != "":
		return errors.New("htu has a query or a fragment")
	case age > proofWindow || age < -proofWindow:
		return errors.New("iat is too far from the server's time")
	case access != "" && p.Hash != hashText(access):
		return errors.New("ath is not the hash of the access token")
	}
	return nil
}

// proofKey checks the proof of a request to the token endpoint. If it is not good, or a
// required one is missing, it returns the error for the response (RFC 9449, section 5).
func (s *Server) proofKey(w http.ResponseWriter, r *http.Request, required bool) (string, *oauthError) {
	s.mu.Lock()
	defer s.unlock()
	s.offerNonce(w.Header())
	thumbprint, err := s.checkProof(r, "")
	switch {
	case errors.Is(err, errUseNonce):
		s.recordNonce(r)
		return "", &oauthError{code: "use_dpop_nonce", description: err.Error()}
	case err != nil:
		return "", &oauthError{code: "invalid_dpop_proof", description: err.Error()}
	case thumbprint == "" && required && s.cfg.DPoP == DPoPRequired:
		return "", &oauthError{code: "invalid_dpop_proof", description: "the DPoP header is missing"}
	}
	return thumbprint, nil
}

// recordNonce records that a request was refused for its nonce. The caller holds the lock.
func (s *Server) recordNonce(r *http.Request) {
	s.record(Event{Kind: EventNonce, Method: r.Method, Path: r.URL.Path}, func(st *Stats) { st.NonceChallenges++ })
}
