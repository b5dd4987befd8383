//go:build unix

package postgres_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/internal/testserver"
	"github.com/chatelaine-go/chatelaine/storage/postgres"
	"github.com/chatelaine-go/chatelaine/storage/sqlstore"
)

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
	for name, test := range map[string]func(*testing.T, string){
		"each key": testKeys, "many keys": testManyKeys, "connection cut": testCut, "nothing listens": testDeaf,
	} {
		t.Run(name, func(t *testing.T) { test(t, addr) })
	}
}

func testKeys(t *testing.T, addr string) {
	t.Helper()
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
func testManyKeys(t *testing.T, addr string) {
	t.Helper()
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
		t.Cleanup(stop)
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
func testCut(t *testing.T, addr string) {
	t.Helper()
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
func testDeaf(t *testing.T, addr string) {
	t.Helper()
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
