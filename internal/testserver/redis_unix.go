//go:build unix

package testserver

import (
	"bufio"
	"context"
	"errors"
	"net"
	"syscall"
	"testing"
	"time"
)

// Redis starts a Redis server that keeps its data in memory and in an
// append-only file. Settings are more of its options, such as "--replicaof".
// The server ends with the test.
func Redis(t *testing.T, settings ...string) *Server {
	t.Helper()
	program := find(t, "redis-server")
	dir, owner := dataDir(t)
	addr, port := freePort(t)
	s := &Server{Addr: addr, Dir: dir, user: owner, argv: append([]string{
		program, "--port", port, "--bind", "127.0.0.1", "--dir", dir, "--save", "", "--appendonly", "yes",
		"--maxmemory-policy", "noeviction",
	}, settings...)}
	s.Start(t)
	t.Cleanup(func() { s.end(syscall.SIGKILL) })
	s.AwaitRedis(t)
	return s
}

// AwaitRedis returns when the server answers.
func (s *Server) AwaitRedis(t *testing.T) {
	t.Helper()
	s.await(t, func(ctx context.Context) error {
		var d net.Dialer
		conn, err := d.DialContext(ctx, "tcp", s.Addr)
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }()
		if err := conn.SetDeadline(time.Now().Add(time.Second)); err != nil {
			return err
		}
		if _, err := conn.Write([]byte("PING\r\n")); err != nil {
			return err
		}
		line, err := bufio.NewReader(conn).ReadString('\n')
		if err == nil && line != "+PONG\r\n" {
			return errors.New(line)
		}
		return err
	})
}
