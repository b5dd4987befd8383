// Package netfault breaks connections in tests: a proxy that cuts them, lets them
// fall silent, loses responses and moves to another server.
package netfault

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
)

// A Proxy stands between a client and its server and breaks what goes through.
type Proxy struct {
	listener net.Listener
	wg       sync.WaitGroup

	mu     sync.Mutex
	target string
	way    passage
	losses int // responses still to lose
	cutIn  int // bytes of requests until the connection ends; 0: it stays
	links  map[*link]struct{}
}

// A passage is what happens to new connections.
type passage int

const (
	accepted passage = iota
	refused          // they end at once
	silent           // nothing gets through
)

// A link is a connection of the client and the one to the server.
type link struct {
	client, server net.Conn
	mute           bool // received bytes are discarded; guarded by the proxy's lock
}

func (l *link) end() {
	_ = l.client.Close()
	_ = l.server.Close()
}

// New starts a proxy for the server at target. It ends with the test.
func New(tb testing.TB, target string) *Proxy {
	tb.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	p := &Proxy{target: target, listener: l, links: make(map[*link]struct{})}
	p.wg.Go(p.serve)
	tb.Cleanup(func() {
		_ = l.Close()
		p.Cut()
		p.wg.Wait()
	})
	return p
}

// Addr is where clients connect to.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Cut ends all connections; new ones are accepted.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cutLocked()
}

func (p *Proxy) cutLocked() {
	for l := range p.links {
		l.end()
	}
}

// Refuse ends all connections, and new ones as soon as they are made.
func (p *Proxy) Refuse() {
	p.set(refused)
	p.Cut()
}

// Mute leaves all connections as they are, but lets nothing through anymore: as
// a firewall does that has forgotten them. New ones work.
func (p *Proxy) Mute() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		l.mute = true
	}
}

// Silence mutes all connections, and new ones too.
func (p *Proxy) Silence() {
	p.set(silent)
	p.Mute()
}

// Accept undoes Refuse and Silence, for new connections.
func (p *Proxy) Accept() { p.set(accepted) }

func (p *Proxy) set(way passage) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.way = way
}

// MoveTo sends new connections to another server, and ends the old ones.
func (p *Proxy) MoveTo(target string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = target
	p.cutLocked()
}

// LoseResponse lets one connection end after the server has received the next
// request, instead of its response.
func (p *Proxy) LoseResponse() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.losses++
}

// CutAfter ends the connection on which the server receives its n-th byte from now.
func (p *Proxy) CutAfter(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cutIn = n
}

func (p *Proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		target := p.target
		p.mu.Unlock()
		server, err := new(net.Dialer).DialContext(context.Background(), "tcp", target)
		if err != nil {
			_ = client.Close()
			continue
		}
		l := &link{client: client, server: server}
		if !p.add(l, target) {
			l.end()
			continue
		}
		p.wg.Go(func() { p.pass(l, server, client, p.request) })
		p.wg.Go(func() { p.pass(l, client, server, p.response) })
	}
}

// pass copies received bytes, as far as allowed permits, until either end closes.
func (p *Proxy) pass(l *link, to io.Writer, from io.Reader, allowed func(l *link, n int) (pass int, more bool)) {
	defer p.remove(l)
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		pass, more := allowed(l, n)
		if _, failure := to.Write(buf[:pass]); failure != nil || err != nil || !more {
			return
		}
	}
}

// request decides about n bytes for the server.
func (p *Proxy) request(l *link, n int) (pass int, more bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case l.mute:
		return 0, true
	case p.cutIn == 0 || n < p.cutIn:
		p.cutIn = max(0, p.cutIn-n)
		return n, true
	default:
		pass, p.cutIn = p.cutIn, 0
		return pass, false
	}
}

// response decides about n bytes for the client.
func (p *Proxy) response(l *link, n int) (pass int, more bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case l.mute:
		return 0, true
	case n > 0 && p.losses > 0:
		p.losses--
		return 0, false
	default:
		return n, true
	}
}

func (p *Proxy) add(l *link, target string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.way == refused || p.target != target {
		return false
	}
	l.mute = p.way == silent
	p.links[l] = struct{}{}
	return true
}

func (p *Proxy) remove(l *link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l.end()
	delete(p.links, l)
}
