// Package playground serves authtest's provider together with endpoints that control it by hand.
//
// [Start] listens on a loopback address and serves the provider of [authtest] there. Under /_control
// it adds endpoints through which another terminal expires tokens, revokes sessions and makes
// requests fail. [Settings] names every setting that a flag or /_control/set can change.
//
// # Security
//
// Anyone who reaches /_control controls the server. Requests are served only if their Host header
// names this server by a loopback name, and if their Origin and Sec-Fetch-Site headers, where there
// are any, are those of the server's own page: a page of another site can neither post to it nor
// rebind its own name to it.
package playground

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/internal/origin"
)

// Server is a running playground. Make one with [Start]. All methods may be called concurrently.
type Server struct {
	// URL is the base of every endpoint, http://host:port.
	URL string
	// Provider is the identity provider and API. Reach it over URL, not over Provider.URL.
	Provider *authtest.Server

	http http.Server
	port string
	done chan struct{} // closed when the listener has ended
}

// ErrNotLocal is the error for an address that other machines could reach.
var ErrNotLocal = errors.New("the server listens on this machine only")

// Start listens on the TCP address and serves a provider with the configuration, whose fields Addr,
// InMemory and Issuer it sets. Port 0 is a free port. Close ends the server. The error is [ErrNotLocal] for an address that is
// not of the loopback interface.
func Start(addr string, cfg authtest.Config) (*Server, error) {
	if host, _, err := net.SplitHostPort(addr); err != nil || !origin.IsLoopback(host) {
		return nil, ErrNotLocal
	}
	var lc net.ListenConfig
	l, err := lc.Listen(context.Background(), "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listening on %s: %w", addr, err)
	}
	s := &Server{URL: "http://" + l.Addr().String(), done: make(chan struct{})}
	_, s.port, _ = net.SplitHostPort(l.Addr().String())
	cfg.Addr, cfg.InMemory, cfg.Issuer = "", true, s.URL
	if s.Provider, err = authtest.Start(cfg); err != nil {
		_ = l.Close()
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/", s.Provider.Handler())
	control := http.NewServeMux()
	s.controlRoutes(control)
	mux.Handle("/_control/", s.sameOrigin(control))
	s.http = http.Server{Handler: mux, ReadHeaderTimeout: 30 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	go func() {
		defer close(s.done)
		_ = s.http.Serve(l)
	}()
	return s, nil
}

// Close cuts every connection and ends the provider. A second call does nothing.
func (s *Server) Close() {
	s.Provider.Close()
	_ = s.http.Close()
	<-s.done
}
