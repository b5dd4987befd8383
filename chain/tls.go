package chain

import (
	"crypto/tls"
	"net/http"
)

// tlsSettings is what resty v3 needs of a transport that is not an [*http.Transport], for its TLS
// setters to work: its TLSClientConfiger.
type tlsSettings interface {
	TLSClientConfig() *tls.Config
	SetTLSClientConfig(cfg *tls.Config) error
}

// transportTLS is a chain over a base transport with TLS settings. Over any other base a chain must
// not have these methods: resty v3 would write into settings that have no effect instead of
// reporting an error.
type transportTLS struct {
	*transport
	tlsSettings
}

// tlsOf returns the TLS settings of a transport.
func tlsOf(base http.RoundTripper) (tlsSettings, bool) {
	if t, ok := base.(*http.Transport); ok {
		return standard{t}, true
	}
	s, ok := base.(tlsSettings)
	return s, ok
}

type standard struct{ *http.Transport }

// TLSClientConfig returns the settings, never nil, to be changed before the first request.
func (s standard) TLSClientConfig() *tls.Config {
	if s.Transport.TLSClientConfig == nil {
		s.Transport.TLSClientConfig = new(tls.Config)
	}
	return s.Transport.TLSClientConfig
}

// SetTLSClientConfig replaces the settings, before the first request.
func (s standard) SetTLSClientConfig(cfg *tls.Config) error {
	s.Transport.TLSClientConfig = cfg
	return nil
}
