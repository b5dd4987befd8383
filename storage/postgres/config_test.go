package postgres_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/stdlib"

	"github.com/chatelaine-go/chatelaine/storage/postgres"
)

func TestConfig(t *testing.T) {
	t.Parallel()
	_, err := postgres.New(postgres.Config{Channel: "a\x00b"})
	for _, want := range []string{"Config.DB is nil", "Config.URL is empty", "Config.Channel is"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New = %v; want %q in it", err, want)
		}
	}
	db := sql.OpenDB(stdlib.GetConnector(*mustParse(t, "postgres://127.0.0.1:1/none")))
	defer func() { _ = db.Close() }()
	_, err = postgres.New(postgres.Config{DB: db, URL: "postgres://alice:secret@[bad/none"})
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("New with a bad URL = %v; want an error without the password", err)
	}
}

// A closed Signals watches nothing, sends nothing, and may be closed again.
func TestClose(t *testing.T) {
	t.Parallel()
	const url = "postgres://127.0.0.1:1/none?connect_timeout=1"
	db := sql.OpenDB(stdlib.GetConnector(*mustParse(t, url)))
	defer func() { _ = db.Close() }()
	s, err := postgres.New(postgres.Config{DB: db, URL: url})
	if err != nil {
		t.Fatal(err)
	}
	_, stop, err := s.Watch(t.Context(), "key")
	if err != nil {
		t.Fatal(err)
	}
	s.Released("key")
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	stop()
	s.Released("key")
	if _, _, err := s.Watch(t.Context(), "key"); !errors.Is(err, postgres.ErrClosed) || !errors.Is(s.Err(), postgres.ErrClosed) {
		t.Errorf("after Close: Watch = %v, Err = %v", err, s.Err())
	}
}

// A panicking is a driver that panics.
type panicking struct{ driver.Connector }

func (panicking) Connect(context.Context) (driver.Conn, error) { panic("broken") }

// The panic of a driver, on a goroutine that no caller knows, is an error.
func TestSignals_panic(t *testing.T) {
	t.Parallel()
	db := sql.OpenDB(panicking{})
	s, err := postgres.New(postgres.Config{DB: db, URL: "postgres://127.0.0.1:1/none"})
	if err != nil {
		t.Fatal(err)
	}
	s.Released("key")
	for s.Err() == nil {
		<-time.After(time.Millisecond)
	}
	if err := s.Err(); !strings.Contains(err.Error(), "the driver panicked: broken") {
		t.Errorf("Err = %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// A password in the URL is not printed.
func TestRedaction(t *testing.T) {
	t.Parallel()
	const url = "postgres://alice:secret@127.0.0.1:1/none"
	db := sql.OpenDB(stdlib.GetConnector(*mustParse(t, url)))
	defer func() { _ = db.Close() }()
	c := postgres.Config{DB: db, URL: url}
	s, err := postgres.New(c)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if text := fmt.Sprintf(verb+" "+verb+" "+verb, c, &c, s); strings.Contains(text, "secret") || strings.Contains(text, "736563726574") {
			t.Errorf("%s: %s", verb, text)
		}
	}
	for _, v := range []any{c, s} {
		if text, err := json.Marshal(v); err != nil || strings.Contains(string(text), "secret") {
			t.Errorf("%s, %v", text, err)
		}
	}
}

// TestConfig_zeroValue: what is required is missing.
func TestConfig_zeroValue(t *testing.T) {
	t.Parallel()
	if _, err := postgres.New(postgres.Config{}); err == nil {
		t.Error("New with the zero Config = nil")
	}
}
