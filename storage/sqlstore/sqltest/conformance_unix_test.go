//go:build unix

// Package sqltest_test runs package sqlstore on real databases.
package sqltest_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/chatelaine-go/chatelaine/internal/storetest"
	"github.com/chatelaine-go/chatelaine/internal/testserver"
	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/sqlstore"
	"github.com/chatelaine-go/chatelaine/storage/storagetest"
)

// ttl is short, so that a killed holder does not make the tests long.
const ttl = 2 * time.Second

// opTimeout bounds how long a connection that has fallen silent is waited for.
const opTimeout = 3 * time.Second

// envAddr has the server's address in the processes that package storagetest
// starts.
const envAddr = "CHATELAINE_POSTGRES_ADDR"

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

// tableFor returns the name of the table that stands for a directory of package
// storagetest.
func tableFor(dir string) string {
	sum := sha256.Sum256([]byte(dir))
	return "t" + hex.EncodeToString(sum[:8])
}

func openPostgres(t *testing.T, url, table string) *sqlstore.Store {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(10)
	t.Cleanup(func() { _ = db.Close() })
	return openStore(t, sqlstore.Config{DB: db, Dialect: sqlstore.PostgreSQL, Table: table, TTL: ttl, OpTimeout: opTimeout})
}

func openSQLite(t *testing.T, dir string) *sqlstore.Store {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "sessions.db")+"?_pragma=busy_timeout(4000)&_pragma=journal_mode(WAL)&_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1) // more would only wait for one another
	t.Cleanup(func() { _ = db.Close() })
	return openStore(t, sqlstore.Config{DB: db, Dialect: sqlstore.SQLite, TTL: ttl})
}

func openStore(t *testing.T, c sqlstore.Config) *sqlstore.Store {
	t.Helper()
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

func TestSQLiteConformance(t *testing.T) {
	t.Parallel()
	storagetest.RunShared(t, func(t *testing.T, dir string) storage.Store {
		t.Helper()
		return openSQLite(t, dir)
	})
}

// Each directory of the suite stands for a table.
func TestPostgresConformance(t *testing.T) {
	addr := server(t)
	storagetest.RunShared(t, func(t *testing.T, dir string) storage.Store {
		t.Helper()
		return openPostgres(t, testserver.PostgresURL(addr), tableFor(dir))
	})
}

func put(t *testing.T, s storage.Store, key, value string) {
	t.Helper()
	err := s.Update(t.Context(), key, func(context.Context, []byte) ([]byte, error) { return []byte(value), nil })
	if err != nil {
		t.Fatal(err)
	}
}

func remove(context.Context, []byte) ([]byte, error) { return nil, nil }
