// Package playground serves authtest's provider together with endpoints that control it by hand.
//
// [Start] listens on a loopback address and serves the provider of [authtest] there. Under
// /_control it adds endpoints through which another terminal expires tokens, revokes sessions and
// makes requests fail. [Settings] names every setting that a flag or /_control/set can change. A
// page at / shows what the server does as it happens, and has a control for each of these
// endpoints.
//
// # Security
//
// Anyone who reaches /_control controls the server. Requests are served only if their Host header
// names this server by a loopback name, and if their Origin and Sec-Fetch-Site headers, where there
// are any, are those of the server's own page: a page of another site can neither post to it nor
// rebind its own name to it.
package playground

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
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

	http     http.Server
	port     string
	command  string
	recorder *recorder
	streams  chan struct{} // one element for each open stream
	closing  chan struct{} // closed by Close
	once     sync.Once
	done     chan struct{} // closed when the listener has ended
}

// ErrNotLocal is the error for an address that other machines could reach.
var ErrNotLocal = errors.New("the server listens on this machine only")

// Config describes a playground.
type Config struct {
	// Addr is the TCP address to listen on, of the loopback interface. Port 0 is a free port.
	Addr string
	// Provider configures the provider. Addr, InMemory and Issuer are set by Start.
	Provider authtest.Config
	// Command is how the user runs the demo; the page shows what to type. Default "demo".
	Command string
}

// Start listens on the address and serves until Close. The error is [ErrNotLocal] for an address
// that other machines could reach.
func Start(c Config) (*Server, error) {
	if host, _, err := net.SplitHostPort(c.Addr); err != nil || !origin.IsLoopback(host) {
		return nil, ErrNotLocal
	}
	var lc net.ListenConfig
	l, err := lc.Listen(context.Background(), "tcp", c.Addr)
	if err != nil {
		return nil, fmt.Errorf("listening on %s: %w", c.Addr, err)
	}
	s := &Server{
		URL: "http://" + l.Addr().String(), command: cmp.Or(c.Command, "demo"), recorder: newRecorder(),
		streams: make(chan struct{}, maxStreams), closing: make(chan struct{}), done: make(chan struct{}),
	}
	s.recorder.reuseEnds = func() bool { return !s.config().ReuseKeepsSession }
	_, s.port, _ = net.SplitHostPort(l.Addr().String())
	c.Provider.Addr, c.Provider.InMemory, c.Provider.Issuer = "", true, s.URL
	onEvent := c.Provider.OnEvent
	c.Provider.OnEvent = func(e authtest.Event) {
		s.recorder.event(e)
		if onEvent != nil {
			onEvent(e)
		}
	}
	if s.Provider, err = authtest.Start(c.Provider); err != nil {
		_ = l.Close()
		return nil, err
	}
	s.http = http.Server{Handler: s.routes(), ReadHeaderTimeout: 30 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	go func() {
		defer close(s.done)
		_ = s.http.Serve(l)
	}()
	return s, nil
}

// Close cuts every connection and ends the provider. A second call does nothing.
func (s *Server) Close() {
	s.once.Do(func() { close(s.closing) })
	s.Provider.Close()
	_ = s.http.Close()
	<-s.done
}

func (s *Server) routes() http.Handler {
	control := http.NewServeMux()
	s.controlRoutes(control)
	m := http.NewServeMux()
	m.Handle("/", s.recorder.wrap(s.Provider.Handler()))
	m.Handle("/_control/", s.sameOrigin(control))
	s.pageRoutes(m)
	return m
}
