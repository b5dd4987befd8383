//go:build unix

package testserver

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
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
	addr, port := FreePort(t)
	s := &Server{Addr: addr, Dir: dir, user: owner, argv: append([]string{
		program, "--port", port, "--bind", "127.0.0.1", "--dir", dir, "--save", "", "--appendonly", "yes",
		"--maxmemory-policy", "noeviction", "--repl-diskless-sync-delay", "0",
	}, settings...)}
	s.Start(t)
	t.Cleanup(func() { s.end(syscall.SIGKILL) })
	s.AwaitRedis(t)
	return s
}

// Replica starts a replica of a Redis server, and returns when it has what the
// server has.
func (s *Server) Replica(t *testing.T) *Server {
	t.Helper()
	host, port, err := net.SplitHostPort(s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	r := Redis(t, "--replicaof", host, port)
	s.awaitReplica(t, r)
	return r
}

// awaitReplica returns when replica has confirmed what the server has. A link that is up is not
// enough: for up to a second, until the replica has confirmed something, it is sent no writes.
func (s *Server) awaitReplica(t *testing.T, replica *Server) {
	t.Helper()
	replica.AwaitLink(t)
	if _, err := s.ask(t.Context(), "PUBLISH link up"); err != nil { // something to confirm
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(replica.Addr)
	if err != nil {
		t.Fatal(err)
	}
	s.await(t, func(ctx context.Context) error {
		info, err := s.ask(ctx, "INFO replication")
		if err == nil && !confirmed(info, port) {
			err = errors.New(info)
		}
		return err
	})
}

// confirmed reports whether the replica at port has confirmed all that info's server has.
func confirmed(info, port string) bool {
	_, replica, _ := strings.Cut(info, "port="+port+",state=online,offset=")
	offset, _, _ := strings.Cut(replica, ",")
	_, rest, _ := strings.Cut(info, "\nmaster_repl_offset:")
	all, _, _ := strings.Cut(rest, "\r")
	return offset != "" && offset != "0" && offset == all
}

// AwaitLink returns when a replica has what its master has.
func (s *Server) AwaitLink(t *testing.T) {
	t.Helper()
	s.await(t, func(ctx context.Context) error {
		info, err := s.ask(ctx, "INFO replication")
		if err == nil && !strings.Contains(info, "master_link_status:up") {
			err = errors.New(info)
		}
		return err
	})
}

// Follow makes the server a replica of master.
func (s *Server) Follow(t *testing.T, master *Server) {
	t.Helper()
	host, port, err := net.SplitHostPort(master.Addr)
	if err != nil {
		t.Fatal(err)
	}
	if reply, err := s.ask(t.Context(), "REPLICAOF "+host+" "+port); reply != "+OK" || err != nil {
		t.Fatal(reply, err)
	}
	master.awaitReplica(t, s)
}

// Promote makes a replica a master of its own.
func (s *Server) Promote(t *testing.T) {
	t.Helper()
	if reply, err := s.ask(t.Context(), "REPLICAOF NO ONE"); reply != "+OK" || err != nil {
		t.Fatal(reply, err)
	}
}

// AwaitRedis returns when the server answers.
func (s *Server) AwaitRedis(t *testing.T) {
	t.Helper()
	s.await(t, func(ctx context.Context) error {
		reply, err := s.ask(ctx, "PING")
		if err == nil && reply != "+PONG" {
			err = errors.New(reply)
		}
		return err
	})
}

// ask returns the reply to a command: a line, or the text that a line announces.
func (s *Server) ask(ctx context.Context, command string) (string, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", s.Addr)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return "", err
	}
	if _, err := conn.Write([]byte(command + "\r\n")); err != nil {
		return "", err
	}
	in := bufio.NewReader(conn)
	line, err := in.ReadString('\n')
	if err != nil || line[0] != '$' {
		return strings.TrimSpace(line), err
	}
	length, err := strconv.Atoi(strings.TrimSpace(line[1:]))
	if err != nil {
		return "", err
	}
	text := make([]byte, length)
	_, err = io.ReadFull(in, text)
	return string(text), err
}
