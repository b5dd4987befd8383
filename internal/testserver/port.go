package testserver

import (
	"net"
	"testing"
)

// FreePort returns the address of a port that was free a moment ago.
func FreePort(t *testing.T) (addr, port string) {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	addr = l.Addr().String()
	_, port, err = net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	return addr, port
}
