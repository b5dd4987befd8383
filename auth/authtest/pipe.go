package authtest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
)

// listenInMemory makes the listeners of the server and of the foreign origin, and lets the
// transport reach nothing but them. Their addresses are loopback ones with ports that nothing
// listens on: clients that insist on https for other hosts work, and a client without the
// transport gets "connection refused".
func listenInMemory(transport *http.Transport) (api, foreign net.Listener) {
	n, f := newPipeListener("127.0.0.1:1"), newPipeListener("127.0.0.1:2")
	transport.DialContext = func(ctx context.Context, _, addr string) (net.Conn, error) {
		switch addr {
		case n.address:
			return n.dial(ctx)
		case f.address:
			return f.dial(ctx)
		}
		return nil, fmt.Errorf("authtest: nothing listens on %s in memory; use the URL of the Server or its Foreign", addr)
	}
	return n, f
}

// pipeListener accepts connections made of [net.Pipe].
type pipeListener struct {
	address string
	conns   chan net.Conn
	done    chan struct{}
	once    sync.Once
}

func newPipeListener(address string) *pipeListener {
	return &pipeListener{address: address, conns: make(chan net.Conn), done: make(chan struct{})}
}

// Accept waits for the next connection.
func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Close makes Accept and dial fail.
func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

// Addr returns the listener itself, which is its own address.
func (l *pipeListener) Addr() net.Addr { return l }

// Network names the kind of the address.
func (l *pipeListener) Network() string { return "pipe" }

// String returns the address in the form host:port.
func (l *pipeListener) String() string { return l.address }

// dial connects to the listener.
func (l *pipeListener) dial(ctx context.Context) (net.Conn, error) {
	client, server := net.Pipe()
	var err error
	select {
	case l.conns <- server:
		return client, nil
	case <-l.done:
		err = net.ErrClosed
	case <-ctx.Done():
		err = ctx.Err()
	}
	_, _ = client.Close(), server.Close()
	return nil, &net.OpError{Op: "dial", Net: l.Network(), Addr: l, Err: err}
}
