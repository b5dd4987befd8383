package authtest

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

// httpServer is one HTTP server on one listener.
type httpServer struct {
	server http.Server
	active sync.WaitGroup // the accept loop and every connection
}

// serve starts serving the handler on the listener.
func serve(l net.Listener, handler http.Handler) *httpServer {
	h := &httpServer{server: http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 30 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0),
	}}
	// The accept loop reports a connection as new before its goroutine starts, and holds a count of
	// its own during that time: Add never races with Wait.
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
func (h *httpServer) close() {
	_ = h.server.Close()
	h.active.Wait()
}

// listenTCP opens the listeners of the server and of the foreign origin.
func listenTCP(addr string) (api, foreign net.Listener, err error) {
	var lc net.ListenConfig
	api, err = lc.Listen(context.Background(), "tcp", addr)
	if err != nil {
		return nil, nil, fmt.Errorf("authtest: choose another Addr: %w", err)
	}
	foreign, err = lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		_ = api.Close()
		return nil, nil, fmt.Errorf("authtest: listening for the foreign origin: %w", err)
	}
	return api, foreign, nil
}
