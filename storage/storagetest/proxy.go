package storagetest

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
)

// A proxy stands between a store and its server and breaks what goes through.
type proxy struct {
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

// A link is a connection of the store and the one to the server.
type link struct {
	client, server net.Conn
	mute           bool // what comes is thrown away; guarded by the proxy's lock
}

func (l *link) end() {
	_ = l.client.Close()
	_ = l.server.Close()
}

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{target: target, listener: l, links: make(map[*link]struct{})}
	p.wg.Go(p.serve)
	t.Cleanup(func() {
		_ = l.Close()
		p.cut()
		p.wg.Wait()
	})
	return p
}

func (p *proxy) addr() string { return p.listener.Addr().String() }

// cut ends all connections; new ones are accepted.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cutLocked()
}

func (p *proxy) cutLocked() {
	for l := range p.links {
		l.end()
	}
}

// refuse ends all connections, and new ones as soon as they are made.
func (p *proxy) refuse() {
	p.set(refused)
	p.cut()
}

// mute leaves all connections as they are, but lets nothing through anymore: as
// a firewall does that has forgotten them. New ones work.
func (p *proxy) mute() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		l.mute = true
	}
}

// silence mutes all connections, and new ones too.
func (p *proxy) silence() {
	p.set(silent)
	p.mute()
}

// accept undoes refuse and silence, for new connections.
func (p *proxy) accept() { p.set(accepted) }

func (p *proxy) set(way passage) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.way = way
}

// moveTo sends new connections to another server, and ends the old ones.
func (p *proxy) moveTo(target string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = target
	p.cutLocked()
}

// loseResponse lets one connection end after the server has received the next
// request, instead of its response.
func (p *proxy) loseResponse() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.losses++
}

// cutAfter ends the connection on which the server receives its n-th byte from now.
func (p *proxy) cutAfter(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cutIn = n
}

func (p *proxy) serve() {
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
		if !p.add(l) {
			l.end()
			continue
		}
		p.wg.Go(func() { p.pass(l, server, client, p.request) })
		p.wg.Go(func() { p.pass(l, client, server, p.response) })
	}
}

// pass copies what comes, as far as allowed says, until either end closes.
func (p *proxy) pass(l *link, to io.Writer, from io.Reader, allowed func(l *link, n int) (pass int, more bool)) {
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
func (p *proxy) request(l *link, n int) (pass int, more bool) {
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

// response decides about n bytes for the store.
func (p *proxy) response(l *link, n int) (pass int, more bool) {
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

func (p *proxy) add(l *link) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.way == refused {
		return false
	}
	l.mute = p.way == silent
	p.links[l] = struct{}{}
	return true
}

func (p *proxy) remove(l *link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l.end()
	delete(p.links, l)
}
