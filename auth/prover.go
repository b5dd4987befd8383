package auth

import (
	"net/http"

	"github.com/chatelaine-go/chatelaine/interceptor"
)

// Prover proves the possession of the key that a session's tokens are bound to (RFC 9449). Package
// dpop has one; most programs only set it as Config.Prover. Its methods are called by many
// goroutines at once.
type Prover interface {
	// NewKey makes the private key of a session.
	NewKey() ([]byte, error)
	// Prove puts a proof on a request that is about to be sent, once. AccessToken is "" at an
	// endpoint of the authorization server.
	Prove(r *http.Request, key []byte, accessToken string) error
	// Learn takes what a response says about later proofs. It reports whether the response refuses
	// a request only for want of that, so that sending it again may help.
	Learn(resp *http.Response) (again bool)
}

// newKey returns a key for a new session; nil without a Prover.
func (s *settings) newKey() ([]byte, error) {
	if s.config.Prover == nil {
		return nil, nil
	}
	return s.config.Prover.NewKey()
}

// proves reports whether requests with t carry a proof.
func (s *settings) proves(t Token) bool {
	return s.config.Prover != nil && t.ProofKey != nil && t.scheme() == "DPoP"
}

// sign puts the token of s on a request, and a proof if it needs one.
func (a *Interceptor) sign(r *http.Request, s *session) error {
	if a.config.SetCredential != nil {
		return a.config.SetCredential(r, s.token())
	}
	r.Header["Authorization"] = s.header
	if a.config.Prover != nil && a.proves(s.token()) { // no token is put together for nothing
		return a.config.Prover.Prove(r, s.ProofKey, s.AccessToken)
	}
	return nil
}

// proofRepeated marks a call that has been sent again with what a server wants in a proof.
type proofRepeated struct{ by *Interceptor }

// learn lets the Prover see the response to a signed request. It reports whether to send the
// request again, which happens once for each call.
func (a *Interceptor) learn(resp *interceptor.Response) bool {
	if a.config.Prover == nil || resp == nil || resp.Response == nil {
		return false
	}
	s := a.signer(resp.Request)
	if s == nil || !s.signedIn() || !a.proves(s.token()) {
		return false
	}
	if !a.config.Prover.Learn(resp.Response) || resp.Request.Extra(proofRepeated{a}) != nil {
		return false
	}
	resp.Request.SetExtra(proofRepeated{a}, true)
	return true
}
