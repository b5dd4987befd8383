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

func TestPostgresFleet(t *testing.T) {
	addr := server(t)
	storagetest.RunFleet(t, storagetest.Fleet{
		Addr: addr, TTL: ttl, Limits: storagetest.Limits{Patience: 5 * opTimeout},
		Open: func(t *testing.T, addr, space string) storage.Store {
			t.Helper()
			return openPostgres(t, testserver.PostgresURL(addr), tableFor(space))
		},
		Wipe: func(t *testing.T, space string) {
			t.Helper()
			db, err := sql.Open("pgx", testserver.PostgresURL(addr))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = db.Close() }()
			if _, err := db.ExecContext(t.Context(), "truncate "+tableFor(space)); err != nil {
				t.Fatal(err)
			}
		},
	})
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
