package har

import (
	"crypto/tls"
	"net"
	"net/http/httptrace"
	"strconv"
	"strings"
	"time"
)

// trace watches an exchange being sent. Its functions run on several goroutines, some after the
// request is over: a transport keeps dialing after another connection has become free.
func (x *exchange) trace() *httptrace.ClientTrace {
	dialing := func(at func(*clock) *time.Time) {
		x.watch(func() {
			if x.clock.connected.IsZero() {
				x.clock.mark(at(&x.clock))
			}
		})
	}
	return &httptrace.ClientTrace{
		GetConn:      func(string) { x.watch(x.restart) },
		DNSStart:     func(httptrace.DNSStartInfo) { dialing(func(c *clock) *time.Time { return &c.lookup }) },
		ConnectStart: func(string, string) { dialing(func(c *clock) *time.Time { return &c.connect }) },
		TLSHandshakeStart: func() {
			dialing(func(c *clock) *time.Time { return &c.handshake })
		},
		TLSHandshakeDone: func(tls.ConnectionState, error) {
			dialing(func(c *clock) *time.Time { c.secured = time.Time{}; return &c.secured })
		},
		GotConn:              func(info httptrace.GotConnInfo) { x.watch(func() { x.gotConn(info) }) },
		WroteHeaderField:     func(name string, values []string) { x.watch(func() { x.wroteField(name, values) }) },
		WroteRequest:         func(httptrace.WroteRequestInfo) { x.watch(func() { x.clock.mark(&x.clock.wrote) }) },
		GotFirstResponseByte: func() { x.watch(func() { x.clock.mark(&x.clock.firstByte) }) },
	}
}

// watch runs f under the lock, unless there is a response already.
func (x *exchange) watch(f func()) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.stage == stageOpen {
		f()
	}
}

// restart begins anew when a connection is requested: what was noted before belongs to another
// request, or to a connection that was lost.
func (x *exchange) restart() {
	x.clock = clock{start: time.Now(), traced: true}
	x.wire, x.address, x.port, x.ours = nil, "", "", ""
}

func (x *exchange) gotConn(info httptrace.GotConnInfo) {
	if info.Reused { // what was dialed was for another request
		x.clock.lookup, x.clock.connect, x.clock.handshake, x.clock.secured = time.Time{}, time.Time{}, time.Time{}, time.Time{}
	}
	x.clock.mark(&x.clock.connected)
	if info.Conn == nil {
		return
	}
	if theirs, ok := info.Conn.RemoteAddr().(*net.TCPAddr); ok {
		x.address, x.port = theirs.IP.String(), strconv.Itoa(theirs.Port)
	}
	if ours, ok := info.Conn.LocalAddr().(*net.TCPAddr); ok {
		x.ours = strconv.Itoa(ours.Port)
	}
}

func (x *exchange) wroteField(name string, values []string) {
	if strings.HasPrefix(name, ":") { // HTTP/2's way to write the request line
		return
	}
	for _, v := range values {
		x.wire = append(x.wire, pair{Name: name, Value: v})
	}
}
