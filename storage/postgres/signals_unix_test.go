//go:build unix

package postgres_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"os"
	"strings"
	"testing"
	"time"

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

func openDB(t testing.TB, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(10)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func newSignals(t testing.TB, db *sql.DB, url string) *postgres.Signals {
	t.Helper()
	s, err := postgres.New(postgres.Config{DB: db, URL: url, Channel: `The "Channel"; it's quoted`})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func open(t testing.TB, addr, table string) *sqlstore.Store {
	t.Helper()
	url := testserver.PostgresURL(addr)
	db := openDB(t, url)
	return newStore(t, sqlstore.Config{DB: db, Signals: newSignals(t, db, url), Table: table, TTL: ttl, OpTimeout: opTimeout})
}

func newStore(t testing.TB, c sqlstore.Config) *sqlstore.Store {
	t.Helper()
	c.Dialect = sqlstore.PostgreSQL
	s, err := sqlstore.New(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Error(err)
		}
	})
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

// watch watches key, and returns when the connection listens.
func watch(t *testing.T, s *postgres.Signals, key string) (released <-chan struct{}) {
	t.Helper()
	released, stop, err := s.Watch(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	receive(t, s, released) // a new connection wakes everybody
	return released
}

func receive(t *testing.T, s *postgres.Signals, released <-chan struct{}) {
	t.Helper()
	select {
	case <-released:
	case <-time.After(time.Minute):
		t.Fatalf("nothing was received; Err = %v", s.Err())
	}
}

func TestSignals(t *testing.T) {
	addr := server(t)
	url := testserver.PostgresURL(addr)
	db := openDB(t, url)
	sender := newSignals(t, db, url)
	for _, key := range []string{"", "user 1", "a\x00b,c", "\xff\xfe", strings.Repeat("\xff", 1024)} {
		s := newSignals(t, db, url)
		released := watch(t, s, key)
		other, stop, err := s.Watch(t.Context(), key+"'")
		if err != nil {
			t.Fatal(err)
		}
		sender.Released(key)
		receive(t, s, released)
		select {
		case <-other:
			t.Errorf("%q wakes who waits for another key", key)
		default:
		}
		stop()
		if err := s.Err(); err != nil {
			t.Error(err)
		}
	}
	if err := sender.Err(); err != nil {
		t.Error(err)
	}
}

// A thousand keys at once are a few statements, and none is forgotten.
func TestSignals_many(t *testing.T) {
	addr := server(t)
	url := testserver.PostgresURL(addr)
	db := openDB(t, url)
	s := newSignals(t, db, url)
	var all []<-chan struct{}
	watch(t, s, "first")
	for i := range 2500 {
		released, stop, err := s.Watch(t.Context(), strings.Repeat("k", i%1000)+string(rune('0'+i/1000)))
		if err != nil {
			t.Fatal(err)
		}
		defer stop()
		all = append(all, released)
	}
	for i := range all {
		s.Released(strings.Repeat("k", i%1000) + string(rune('0'+i/1000)))
	}
	for _, released := range all {
		receive(t, s, released)
	}
}

// A connection that ends is made again, and wakes everybody: a notification may have been missed.
func TestSignals_cut(t *testing.T) {
	addr := server(t)
	url := testserver.PostgresURL(addr)
	db := openDB(t, url)
	s := newSignals(t, db, url)
	released := watch(t, s, "key")
	result, err := db.ExecContext(t.Context(), `select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen %' and pid <> pg_backend_pid()`)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := result.RowsAffected(); n == 0 || err != nil {
		t.Fatalf("%d connections were cut, %v", n, err)
	}
	receive(t, s, released)
	s.Released("key")
	receive(t, s, released)
}

// Without a connection that listens, waiters look at the row.
func TestSignals_deaf(t *testing.T) {
	addr := server(t)
	db := openDB(t, testserver.PostgresURL(addr))
	deaf := newSignals(t, db, "postgres://postgres@127.0.0.1:1/none")
	c := sqlstore.Config{DB: db, Signals: deaf, Table: "deaf", TTL: ttl, OpTimeout: opTimeout}
	holder, waiter := newStore(t, c), newStore(t, c)
	inside, leave := make(chan struct{}), make(chan struct{})
	result := make(chan error, 1)
	go func() {
		result <- holder.Update(t.Context(), "key", func(context.Context, []byte) ([]byte, error) {
			close(inside)
			<-leave
			return []byte("first"), nil
		})
	}()
	<-inside
	got := make(chan string, 1)
	go func() {
		_ = waiter.Update(t.Context(), "key", func(_ context.Context, old []byte) ([]byte, error) {
			got <- string(old)
			return []byte("second"), nil
		})
	}()
	for waiter.Stats().Waits == 0 || deaf.Err() == nil {
		<-time.After(time.Millisecond)
	}
	close(leave)
	if value, err := <-got, <-result; value != "first" || err != nil {
		t.Errorf("the waiter got %q; the holder %v", value, err)
	}
	if err := deaf.Err(); err == nil || !strings.Contains(err.Error(), "postgres: listen: ") {
		t.Errorf("Err = %v", err)
	}
}
