//go:build unix

package postgres_test

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"os"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/internal/storetest"
	"github.com/chatelaine-go/chatelaine/internal/testserver"
	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/postgres"
	"github.com/chatelaine-go/chatelaine/storage/sqlstore"
	"github.com/chatelaine-go/chatelaine/storage/storagetest"
)

const (
	ttl       = 2 * time.Second // short, so that a killed holder does not make the tests long
	opTimeout = 3 * time.Second // how long a connection that has fallen silent is waited for
)

// envAddr has the server's address in the processes that package storagetest starts.
const envAddr = "CHATELAINE_POSTGRES_SIGNALS_ADDR"

// server starts a PostgreSQL server, unless the parent process has.
func server(t *testing.T) (addr string) {
	t.Helper()
	if addr := os.Getenv(envAddr); addr != "" {
		return addr
	}
	addr = testserver.Postgres(t, "max_connections=300", "fsync=off").Addr
	t.Setenv(envAddr, addr)
	return addr
}

// tableFor returns the name of the table that stands for a directory of package storagetest.
func tableFor(dir string) string {
	sum := sha256.Sum256([]byte(dir))
	return "t" + hex.EncodeToString(sum[:8])
}

func openDB(t *testing.T, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(10)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func newSignals(t *testing.T, db *sql.DB, url string) *postgres.Signals {
	t.Helper()
	s, err := postgres.New(postgres.Config{DB: db, URL: url, Channel: `The "Channel"; it's quoted`})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func open(t *testing.T, addr, table string) *sqlstore.Store {
	t.Helper()
	url := testserver.PostgresURL(addr)
	db := openDB(t, url)
	return newStore(t, sqlstore.Config{DB: db, Signals: newSignals(t, db, url), Table: table, TTL: ttl, OpTimeout: opTimeout})
}

func newStore(t *testing.T, c sqlstore.Config) *sqlstore.Store {
	t.Helper()
	c.Dialect = sqlstore.PostgreSQL
	s, err := sqlstore.New(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	storetest.Close(t, s)
	return s
}

// Each directory of the suite stands for a table.
func TestConformance(t *testing.T) {
	addr := server(t)
	storagetest.RunShared(t, func(t *testing.T, dir string) storage.Store {
		t.Helper()
		return open(t, addr, tableFor(dir))
	})
}

func TestFleet(t *testing.T) {
	addr := server(t)
	storagetest.RunFleet(t, storagetest.Fleet{
		Addr: addr, TTL: ttl, Limits: storagetest.Limits{Patience: 5 * opTimeout},
		Open: func(t *testing.T, addr, space string) storage.Store {
			t.Helper()
			return open(t, addr, tableFor(space))
		},
		Wipe: func(t *testing.T, space string) {
			t.Helper()
			if _, err := openDB(t, testserver.PostgresURL(addr)).ExecContext(t.Context(), "truncate "+tableFor(space)); err != nil {
				t.Fatal(err)
			}
		},
	})
}
