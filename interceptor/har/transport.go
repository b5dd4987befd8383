package har

import (
	"net/http"
	"time"
)

// Transport returns a transport that records what goes through it and passes it on to base, for
// clients without a chain, such as that of a Refresher, whose calls have the cause "token-refresh"
// by convention.
//
// With an empty cause it may also lie under a chain that has the recorder; see Order. A nil base is
// a new [http.Transport] with the settings of [http.DefaultTransport]. CloseIdleConnections is
// passed on.
func (r *Recorder) Transport(base http.RoundTripper, cause string) http.RoundTripper {
	if base == nil {
		base = &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			ForceAttemptHTTP2:     true,
			MaxIdleConns:          100,
			IdleConnTimeout:       90 * time.Second,
			TLSHandshakeTimeout:   10 * time.Second,
			ExpectContinueTimeout: time.Second,
		}
	}
	return &transport{recorder: r, base: base, cause: cause}
}

type transport struct {
	recorder *Recorder
	base     http.RoundTripper
	cause    string
}

// RoundTrip sends a copy of the request.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	x := t.exchange(req)
	sent := x.attach(req)
	resp, err := t.base.RoundTrip(sent)
	switch {
	case err != nil:
		x.fail(sent, err.Error())
	case resp != nil:
		x.respond(sent, resp)
	}
	return resp, err
}

// exchange takes over that of the interceptor above, or begins one.
func (t *transport) exchange(req *http.Request) *exchange {
	r := t.recorder
	if x := r.fromContext(req.Context()); t.cause == "" && x != nil && x.claim() {
		return x
	}
	if req.Response == nil {
		return r.begin(0, 1, t.cause)
	}
	return r.begin(r.callOf(req), 1, causeRedirect)
}

// CloseIdleConnections closes those of the base transport, if it can.
func (t *transport) CloseIdleConnections() {
	if b, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		b.CloseIdleConnections()
	}
}
