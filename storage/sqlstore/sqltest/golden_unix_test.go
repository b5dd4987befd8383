//go:build unix

package sqltest_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chatelaine-go/chatelaine/internal/testserver"
	"github.com/chatelaine-go/chatelaine/storage/lease"
	"github.com/chatelaine-go/chatelaine/storage/sqlstore"
)

// TestGolden reads and changes the rows that the first version wrote in PostgreSQL.
func TestGolden(t *testing.T) {
	db, err := sql.Open("pgx", testserver.PostgresURL(server(t)))
	if err != nil {
		t.Fatal(err)
	}
	testGolden(t, db, sqlstore.PostgreSQL, "postgresql.sql")
}

// TestGolden_sqlite does so in SQLite.
func TestGolden_sqlite(t *testing.T) {
	t.Parallel()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "sessions.db"))
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	testGolden(t, db, sqlstore.SQLite, "sqlite.sql")
}

func testGolden(t *testing.T, db *sql.DB, dialect sqlstore.Dialect, file string) {
	t.Helper()
	t.Cleanup(func() { _ = db.Close() })
	golden, err := os.ReadFile(filepath.Join("..", "testdata", "v1", file))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "drop table if exists chatelaine_sessions"); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), string(golden)); err != nil {
		t.Fatal(err)
	}
	s := openStore(t, sqlstore.Config{DB: db, Dialect: dialect, TTL: ttl}) // migrates, too
	for key, want := range map[string]string{"saved": "value of saved", "held": "value of held", "deleted": ""} {
		if got, err := s.Load(t.Context(), key); string(got) != want || err != nil && want != "" {
			t.Errorf("Load(%q) = %q, %v; want %q", key, got, err, want)
		}
	}
	err = s.Update(t.Context(), "held", func(ctx context.Context, old []byte) ([]byte, error) {
		if string(old) != "value of held" || !lease.Interrupted(ctx) {
			t.Errorf("the callback got %q, interrupted: %t", old, lease.Interrupted(ctx))
		}
		return []byte("new"), nil
	})
	if err != nil {
		t.Error(err)
	}
	var keys []string
	for key, err := range s.Keys(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	if !slices.Equal(keys, []string{"held", "saved"}) {
		t.Errorf("Keys = %q", keys)
	}
}
