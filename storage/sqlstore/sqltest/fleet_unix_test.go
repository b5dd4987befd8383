//go:build unix

package sqltest_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"github.com/chatelaine-go/chatelaine/internal/testserver"
	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/storagetest"
)

// TestPostgresFleet runs on a server with a replica that confirms its writes.
func TestPostgresFleet(t *testing.T) {
	addr, failover := os.Getenv(envAddr), func(*testing.T) string { return "" } // of the parent process
	if addr == "" {
		settings := []string{"max_connections=300", "fsync=off"}
		primary := testserver.Postgres(t, settings...)
		addr = primary.Addr
		replica := primary.Standby(t, settings...)
		t.Setenv(envAddr, addr)
		failover = func(t *testing.T) string {
			t.Helper()
			primary.Kill()
			execute(t, testserver.PostgresURL(replica.Addr), "select pg_promote()")
			return replica.Addr
		}
	}
	storagetest.RunFleet(t, storagetest.Fleet{
		Failover: failover,
		Addr:     addr, TTL: ttl, Limits: storagetest.Limits{Patience: 5 * opTimeout},
		Open: func(t *testing.T, addr, space string) storage.Store {
			t.Helper()
			return openPostgres(t, testserver.PostgresURL(addr), tableFor(space))
		},
		Wipe: func(t *testing.T, space string) {
			t.Helper()
			execute(t, testserver.PostgresURL(addr), "truncate "+tableFor(space))
		},
	})
}

func execute(t *testing.T, url, statement string) {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func TestSQLiteFleet(t *testing.T) {
	t.Parallel()
	root := filepath.Join(os.TempDir(), "chatelaine-sqlite-fleet") // other processes find it by its name
	storagetest.RunFleet(t, storagetest.Fleet{
		TTL: ttl,
		Open: func(t *testing.T, _, space string) storage.Store {
			t.Helper()
			dir := filepath.Join(root, space)
			if err := os.MkdirAll(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.RemoveAll(dir) })
			return openSQLite(t, dir)
		},
		Wipe: func(t *testing.T, space string) {
			t.Helper()
			db, err := sql.Open("sqlite", filepath.Join(root, space, "sessions.db"))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = db.Close() }()
			if _, err := db.ExecContext(t.Context(), "delete from chatelaine_sessions"); err != nil {
				t.Fatal(err)
			}
		},
	})
}
