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
	initdb := find(t, "initdb", postgresFolder)
	dir, owner := dataDir(t)
	data := filepath.Join(dir, "data")
	cmd, output := command(dir, owner, initdb, "-D", data, "-U", "postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")
	if err := cmd.Run(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, output)
	}
	return postgresAt(t, dir, owner, settings)
}

// Standby starts a replica of the server, which may confirm its writes: from now
// on a commit returns when the replica has it too. Promote the replica with
// pg_promote; it then confirms its writes alone.
func (s *Server) Standby(t *testing.T, settings ...string) *Server {
	t.Helper()
	const name = "standby"
	backup, psql := find(t, "pg_basebackup", postgresFolder), find(t, "psql", postgresFolder)
	dir, owner := dataDir(t)
	source := PostgresURL(s.Addr) + "&application_name=" + name
	cmd, output := command(dir, owner, backup,
		"-D", filepath.Join(dir, "data"), "-d", source, "-R", "-X", "stream", "--no-sync", "-c", "fast")
	if err := cmd.Run(); err != nil {
		t.Fatalf("pg_basebackup: %v\n%s", err, output)
	}
	replica := postgresAt(t, dir, owner, settings)
	cmd, output = command(dir, owner, psql, "-q", "-v", "ON_ERROR_STOP=1", PostgresURL(s.Addr),
		"-c", "alter system set synchronous_standby_names = '"+name+"'", "-c", "select pg_reload_conf()")
	if err := cmd.Run(); err != nil {
		t.Fatalf("psql: %v\n%s", err, output)
	}
	replica.await(t, func(ctx context.Context) error {
		state, err := exec.CommandContext(ctx, psql, "-At", PostgresURL(s.Addr), "-c", "select sync_state from pg_stat_replication").Output()
		if err == nil && string(state) != "sync\n" {
			err = fmt.Errorf("the state of the replica is %q", state)
		}
		return err
	})
	return replica
}

const postgresFolder = "/usr/lib/postgresql/*/bin"

// postgresAt starts a server on the data in a directory.
func postgresAt(t *testing.T, dir string, owner *syscall.Credential, settings []string) *Server {
	t.Helper()
	isReady := find(t, "pg_isready", postgresFolder)
	addr, port := FreePort(t)
	s := &Server{Addr: addr, Dir: dir, user: owner, argv: []string{
		find(t, "postgres", postgresFolder), "-D", filepath.Join(dir, "data"), "-p", port,
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
	}}
	for _, setting := range settings {
		s.argv = append(s.argv, "-c", setting)
	}
	s.Start(t)
	t.Cleanup(func() { s.end(syscall.SIGQUIT) })
	s.await(t, func(ctx context.Context) error {
		return exec.CommandContext(ctx, isReady, "-q", "-h", "127.0.0.1", "-p", port, "-U", "postgres").Run()
	})
	return s
}

// PostgresURL returns the connection string for a PostgreSQL server at addr.
func PostgresURL(addr string) string {
	return fmt.Sprintf("postgres://postgres@%s/postgres?sslmode=disable", addr)
}
