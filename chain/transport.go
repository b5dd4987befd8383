package chain

import "net/http"

// transport is a chain over a base transport.
type transport struct {
	chain *Chain
	base  http.RoundTripper
	// client is the one that the chain is installed in; nil without Install.
	client *http.Client
	// beneath follows base for interceptors; nil if the chain has an earlier transport.
	beneath *beneath
}

var _ http.RoundTripper = (*transport)(nil)

// layer finds the transport through what is put around it.
func (t *transport) layer() *transport { return t }

// RoundTrip runs one call through the chain. The request is never changed.
//
// The chain has only two frames on the stack while an interceptor waits, this one and that of the
// phase, because the collector reads the stacks of all goroutines that wait for a refresh.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	list := t.chain.current()
	a := list.firstAttempt(r)
	c := call{transport: t, list: list, orig: r, body: r.Body, now: a, req: &a.req, state: &a.state}
	defer c.end()
	for s := stepRequest; ; {
		switch s {
		case stepRequest:
			s = c.requestPhase()
		case stepSend:
			s = c.send()
		case stepResponse:
			s = c.responsePhase()
		case stepError:
			s = c.errorPhase()
		case stepRetry:
			s = c.retry()
		case stepReturn:
			resp := c.deliver()
			c.ended = s
			return resp, nil
		case stepFail:
			err := c.fail()
			c.ended = s
			return nil, err
		}
	}
}

// CloseIdleConnections closes those of the base transport, if it can.
func (t *transport) CloseIdleConnections() { closeIdle(t.base) }
