package authtest

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

// host is one HTTP server on one listener.
type host struct {
	server http.Server
	active sync.WaitGroup // the accept loop and every connection
}

// serve starts serving the handler on the listener.
func serve(l net.Listener, handler http.Handler) *host {
	h := &host{server: http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 30 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0),
	}}
	// The accept loop reports a connection as new before its goroutine starts, and holds a count of
	// its own meanwhile: Add never races with Wait.
	h.server.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			h.active.Add(1)
		case http.StateClosed, http.StateHijacked:
			h.active.Done()
		case http.StateActive, http.StateIdle:
		}
	}
	h.active.Go(func() { _ = h.server.Serve(l) })
	return h
}

// close cuts every connection and waits for the handlers to return.
func (h *host) close() {
	_ = h.server.Close()
	h.active.Wait()
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
