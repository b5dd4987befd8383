package auth

import (
	"context"
	"net/http"
	"net/url"
)

// environment is what refreshers and revokers of this package get from the session that calls them.
// It travels in the context, so those that a function of the user's calls have it, too.
type environment struct {
	base              *url.URL          // what relative endpoints resolve against; nil: they must be absolute
	insecureAllowHTTP bool              // Config.InsecureAllowHTTP
	transport         http.RoundTripper // beneath the chain that the session is installed in; nil: not installed
	prover            Prover            // nil: none
	key               []byte            // of the session, for the prover; nil: no proofs
}

type environmentKey struct{}

func environmentOf(ctx context.Context) environment {
	e, _ := ctx.Value(environmentKey{}).(environment)
	return e
}

// withEnvironment returns the context for a call of the user's Refresher or Revoke about a session
// with the key.
func (s *settings) withEnvironment(ctx context.Context, key []byte) context.Context {
	e := environment{
		base: s.base, insecureAllowHTTP: s.config.InsecureAllowHTTP, prover: s.config.Prover, key: key,
	}
	if t := s.transport.Load(); t != nil {
		e.transport = *t
	}
	return context.WithValue(ctx, environmentKey{}, e)
}

// OnTransport tells the session which transport its chain sends with; the chain calls it when it is
// installed. Refreshers and revokers of this package without a Transport of their own use it, so
// that proxies, certificates and mocks of the client apply to them, too. The first one counts.
func (s *settings) OnTransport(base http.RoundTripper) {
	if base != nil {
		s.transport.CompareAndSwap(nil, &base)
	}
}

// transportFor returns the transport for a call that may have one of its own.
func transportFor(ctx context.Context, own http.RoundTripper) http.RoundTripper {
	if own != nil {
		return own
	}
	return environmentOf(ctx).transport
}
