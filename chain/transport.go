package chain

import "net/http"

// transport is a chain over a base transport.
type transport struct {
	chain *Chain
	base  http.RoundTripper
	// client is the one that Install has been given; nil if the transport was made without.
	client *http.Client
	// beneath follows base for interceptors; nil if the chain has an earlier transport.
	beneath *beneath
}

var _ http.RoundTripper = (*transport)(nil)

// layer finds the transport through what is put around it.
func (t *transport) layer() *transport { return t }

// RoundTrip runs one call through the chain. The request is never changed.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	c := call{transport: t, list: t.chain.current(), orig: r}
	return c.run()
}

// CloseIdleConnections closes those of the base transport, if it can.
func (t *transport) CloseIdleConnections() { closeIdle(t.base) }
