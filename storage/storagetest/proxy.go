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
	target   string
	listener net.Listener
	wg       sync.WaitGroup

	mu      sync.Mutex
	refused bool
	losses  int // responses still to lose
	conns   map[net.Conn]struct{}
}

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{target: target, listener: l, conns: make(map[net.Conn]struct{})}
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
	for c := range p.conns {
		_ = c.Close()
	}
}

// refuse ends all connections, and new ones as soon as they are made.
func (p *proxy) refuse() {
	p.setRefused(true)
	p.cut()
}

// accept undoes refuse.
func (p *proxy) accept() { p.setRefused(false) }

func (p *proxy) setRefused(refused bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refused = refused
}

// loseResponse lets one connection end after the server has received the next
// request, instead of its response.
func (p *proxy) loseResponse() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.losses++
}

func (p *proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := new(net.Dialer).DialContext(context.Background(), "tcp", p.target)
		if err != nil || !p.add(client, server) {
			_ = client.Close()
			if err == nil {
				_ = server.Close()
			}
			continue
		}
		p.wg.Go(func() {
			defer p.remove(client, server)
			_, _ = io.Copy(server, client)
		})
		p.wg.Go(func() {
			defer p.remove(client, server)
			_, _ = io.Copy(losing{client, p}, server)
		})
	}
}

// losing passes responses on, unless one is to be lost.
type losing struct {
	io.Writer
	proxy *proxy
}

func (l losing) Write(b []byte) (int, error) {
	l.proxy.mu.Lock()
	lose := l.proxy.losses > 0
	if lose {
		l.proxy.losses--
	}
	l.proxy.mu.Unlock()
	if lose {
		return 0, io.ErrClosedPipe // which ends the connection
	}
	return l.Writer.Write(b)
}

func (p *proxy) add(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refused {
		return false
	}
	for _, c := range conns {
		p.conns[c] = struct{}{}
	}
	return true
}

func (p *proxy) remove(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		_ = c.Close()
		delete(p.conns, c)
	}
}
