package testserver

import (
	"net"
	"testing"
	"time"
)

// Embedded is a server that runs in this process, such as NATS's.
type Embedded interface {
	Start()
	ReadyForConnections(wait time.Duration) bool
	Addr() net.Addr
	stopper
}

type stopper interface {
	Shutdown()
	WaitForShutdown()
}

// Run starts s, and returns its address when it accepts connections. The server ends with the test.
func Run(t *testing.T, s Embedded) (addr string) {
	t.Helper()
	s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	if !s.ReadyForConnections(30 * time.Second) {
		t.Fatal("the server does not start")
	}
	tcp, ok := s.Addr().(*net.TCPAddr)
	if !ok {
		t.Fatalf("the server listens on %v", s.Addr())
	}
	return tcp.String()
}
