//go:build unix

package testserver

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// Postgres starts a PostgreSQL server whose superuser "postgres" needs no
// password. Settings are more of its options, such as "max_connections=300".
// The server ends with the test.
func Postgres(t *testing.T, settings ...string) *Server {
	t.Helper()
	const folder = "/usr/lib/postgresql/*/bin"
	initdb, postgres := find(t, "initdb", folder), find(t, "postgres", folder)
	isReady := find(t, "pg_isready", folder)
	dir, owner := dataDir(t)
	data := filepath.Join(dir, "data")
	cmd, output := command(dir, owner, initdb, "-D", data, "-U", "postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")
	if err := cmd.Run(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, output)
	}
	addr, port := freePort(t)
	s := &Server{Addr: addr, Dir: dir, user: owner, argv: []string{
		postgres, "-D", data, "-p", port, "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
	}}
	for _, setting := range settings {
		s.argv = append(s.argv, "-c", setting)
	}
	s.Start(t)
	t.Cleanup(func() { s.end(syscall.SIGQUIT) })
	s.awaitPostgres(t, isReady, port)
	return s
}

func (s *Server) awaitPostgres(t *testing.T, isReady, port string) {
	t.Helper()
	s.await(t, func(ctx context.Context) error {
		return exec.CommandContext(ctx, isReady, "-q", "-h", "127.0.0.1", "-p", port, "-U", "postgres").Run()
	})
}

// PostgresURL returns the connection string for a PostgreSQL server at addr.
func PostgresURL(addr string) string {
	return fmt.Sprintf("postgres://postgres@%s/postgres?sslmode=disable", addr)
}
