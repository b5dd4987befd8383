//go:build unix

package sqltest_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"github.com/chatelaine-go/chatelaine/internal/testserver"
	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/sqlstore"
	"github.com/chatelaine-go/chatelaine/storage/storagetest"
)

func sealed(t *testing.T, inner storage.Store, newest byte, older ...byte) storage.Store {
	t.Helper()
	key := func(b byte) []byte { return bytes.Repeat([]byte{b}, storage.KeySize) }
	var old [][]byte
	for _, b := range older {
		old = append(old, key(b))
	}
	s, err := storage.Seal(inner, storage.SealConfig{Service: "sqltest", Keys: storage.StaticKeys(key(newest), old...)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSealedPostgresConformance(t *testing.T) {
	addr := server(t)
	storagetest.RunShared(t, func(t *testing.T, dir string) storage.Store {
		t.Helper()
		return sealed(t, openPostgres(t, testserver.PostgresURL(addr), tableFor(dir)), 'k')
	})
}

func TestSealedSQLiteConformance(t *testing.T) {
	t.Parallel()
	storagetest.RunShared(t, func(t *testing.T, dir string) storage.Store {
		t.Helper()
		return sealed(t, openSQLite(t, dir), 'k')
	})
}

// What is in the database can be read by nobody, not be moved, and be sealed
// anew.
func TestSealedPostgres(t *testing.T) {
	url := testserver.PostgresURL(server(t))
	sessions, others := openPostgres(t, url, "sessions"), openPostgres(t, url, "app_others")
	before := sealed(t, sessions, 'o')
	for i := range 3 {
		put(t, before, fmt.Sprint("user ", i), "refresh-token-in-clear")
	}
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var found int
	err = db.QueryRowContext(t.Context(), `select count(*) from sessions s where position('token'::bytea in value) > 0 or s::text like '%token%'`).Scan(&found)
	if err != nil || found != 0 {
		t.Errorf("%d rows show a token, %v", found, err)
	}
	if _, err := db.ExecContext(t.Context(), `insert into app_others select * from sessions where version <> 1`); err != nil {
		t.Fatal(err)
	}
	if _, err := sealed(t, others, 'o').Load(t.Context(), "user 1"); !errors.Is(err, storage.ErrCorrupt) {
		t.Errorf("Load of a value from another table = %v; want ErrCorrupt", err)
	}
	if n, err := storage.Sweep(t.Context(), sealed(t, sessions, 'n', 'o')); n != 3 || err != nil {
		t.Errorf("Sweep = %d, %v; want 3", n, err)
	}
	if got, err := sealed(t, sessions, 'n').Load(t.Context(), "user 1"); string(got) != "refresh-token-in-clear" || err != nil {
		t.Errorf("Load with the new key = %q, %v", got, err)
	}
}

// Keys come in pages; the marker and deleted values are none.
func TestKeysAndClean(t *testing.T) {
	t.Parallel()
	s := openSQLite(t, t.TempDir())
	const keys = 1001
	for i := range keys {
		put(t, s, fmt.Sprintf("%04d", i), "value")
	}
	put(t, s, "", "the empty key")
	if err := s.Update(t.Context(), "0007", remove); err != nil {
		t.Fatal(err)
	}
	if n := count(t, s); n != keys {
		t.Errorf("%d keys; want %d", n, keys)
	}
	if n, err := s.Clean(t.Context()); n != 0 || err != nil {
		t.Errorf("Clean = %d, %v; want nothing that is a day old", n, err)
	}
}

// TestClean removes the row of a value that was deleted more than a day ago, and of no other.
func TestClean(t *testing.T) {
	url := testserver.PostgresURL(server(t))
	s := openPostgres(t, url, "cleaned")
	for _, key := range []string{"kept", "old", "new"} {
		put(t, s, key, "value")
	}
	for _, key := range []string{"old", "new"} {
		if err := s.Update(t.Context(), key, remove); err != nil {
			t.Fatal(err)
		}
	}
	execute(t, url, "update cleaned set updated_at = updated_at - interval '25 hours' where key <> 'new'::bytea")
	if n, err := s.Clean(t.Context()); n != 1 || err != nil {
		t.Errorf("Clean = %d, %v; want one row", n, err)
	}
	if _, err := s.Load(t.Context(), "old"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Load of a cleaned value: %v; want ErrNotExist", err)
	}
	if n := count(t, s); n != 1 {
		t.Errorf("%d keys; want 1", n)
	}
}

func count(t *testing.T, s *sqlstore.Store) (n int) {
	t.Helper()
	for _, err := range s.Keys(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}
