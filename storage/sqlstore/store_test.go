package sqlstore_test

import (
	"bytes"
	"context"
	"database/sql/driver"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/sqlstore"
)

const (
	load    = "select value, value is null, version from"
	marker  = "select value from"
	acquire = "insert into"
	look    = "select coalesce("
	write   = "update chatelaine_sessions set value"
	release = "update chatelaine_sessions set owner"
	outcome = "select version from"
)

func rows(values ...driver.Value) [][]driver.Value { return [][]driver.Value{values} }

// database is a fake that has a marker, and otherwise follows the rules.
func database(rules ...rule) *fake {
	return &fake{rules: append(rules, rule{prefix: marker, rows: rows([]byte("epoch"))}, rule{prefix: release, affected: 1})}
}

func open(t *testing.T, f *fake) *sqlstore.Store {
	t.Helper()
	s, err := sqlstore.New(sqlstore.Config{DB: f.open(t), Dialect: sqlstore.PostgreSQL, OpTimeout: time.Second, SaveTimeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestLoad(t *testing.T) {
	t.Parallel()
	errDown := errors.New("connection refused")
	for name, tt := range map[string]struct {
		rule rule
		want []byte
		err  error
	}{
		"value":          {rule{rows: rows([]byte("value"), false, int64(7))}, []byte("value"), nil},
		"empty":          {rule{rows: rows(nil, false, int64(7))}, []byte{}, nil},
		"deleted":        {rule{rows: rows(nil, true, int64(7))}, nil, fs.ErrNotExist},
		"never written":  {rule{rows: rows(nil, true, int64(0))}, nil, fs.ErrNotExist},
		"no row":         {rule{}, nil, fs.ErrNotExist},
		"database is up": {rule{err: errDown}, nil, errDown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.rule.prefix = load
			got, err := open(t, database(tt.rule)).Load(t.Context(), "key")
			if !errors.Is(err, tt.err) || !bytes.Equal(got, tt.want) || (got == nil) != (tt.want == nil) {
				t.Errorf("Load = %q, %v; want %q, %v", got, err, tt.want, tt.err)
			}
			if tt.err != nil && !errors.Is(tt.err, fs.ErrNotExist) && errors.Is(err, fs.ErrNotExist) {
				t.Errorf("Load = %v, which says that the value is absent", err)
			}
		})
	}
}

// Without its marker, or with another one, a table cannot say that a value is
// absent.
func TestLoadDataLost(t *testing.T) {
	t.Parallel()
	f := database(rule{prefix: load})
	s := open(t, f)
	if _, err := s.Load(t.Context(), "key"); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("Load = %v", err)
	}
	for _, marker := range [][][]driver.Value{nil, rows([]byte("another epoch"))} {
		f.rules[1].rows = marker
		_, err := s.Load(t.Context(), "key")
		if !errors.Is(err, storage.ErrDataLost) || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Load with marker %q = %v; want ErrDataLost", marker, err)
		}
	}
}

func TestUpdateDataLost(t *testing.T) {
	t.Parallel()
	f := database(rule{prefix: acquire, rows: rows(nil, true, int64(0), false)})
	f.rules[1].rows = nil
	err := open(t, f).Update(t.Context(), "key", func(context.Context, []byte) ([]byte, error) {
		t.Error("the callback ran")
		return nil, nil
	})
	if !errors.Is(err, storage.ErrDataLost) {
		t.Errorf("Update = %v; want ErrDataLost", err)
	}
	if n := f.count(acquire); n != 0 {
		t.Errorf("%d rows were inserted into a table without a marker", n)
	}
}

// The table was wiped between two operations: the lease that was just taken is
// given back.
func TestUpdateWiped(t *testing.T) {
	t.Parallel()
	f := database(rule{prefix: acquire, rows: rows(nil, true, int64(0), false)}, rule{prefix: load, rows: rows(nil, true, int64(7))})
	s := open(t, f)
	if _, err := s.Load(t.Context(), "key"); !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	f.rules[2].rows = nil
	err := s.Update(t.Context(), "key", func(context.Context, []byte) ([]byte, error) { return nil, nil })
	if !errors.Is(err, storage.ErrDataLost) || f.count(release) != 1 {
		t.Errorf("Update = %v with %d releases; want ErrDataLost and one", err, f.count(release))
	}
}

func TestSave(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		affected int64
		version  any // of the row when nothing was written; "fence": ours
		want     error
	}{
		"saved":              {1, nil, nil},
		"saved before":       {0, "fence", nil},
		"another's value":    {0, int64(8), storage.ErrLost},
		"row is gone":        {0, nil, storage.ErrLost},
		"another's lease":    {0, int64(7), storage.ErrBusy},
		"deleted by another": {0, int64(9), storage.ErrLost},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := database(rule{prefix: acquire, rows: rows([]byte("old"), false, int64(7), false)},
				rule{prefix: write, affected: tt.affected}, rule{prefix: outcome})
			err := open(t, f).Update(t.Context(), "key", func(_ context.Context, old []byte) ([]byte, error) {
				fence := f.calls[len(f.calls)-1].args[2].Value
				switch tt.version {
				case nil:
				case "fence":
					f.rules[2].rows = rows(fence)
				default:
					f.rules[2].rows = rows(tt.version)
				}
				return append(old, " and new"...), nil
			})
			if !errors.Is(err, tt.want) || (tt.want == nil) != (err == nil) {
				t.Errorf("Update = %v; want %v", err, tt.want)
			}
		})
	}
}

func TestWaiting(t *testing.T) {
	t.Parallel()
	f := database(rule{prefix: acquire}, rule{prefix: look, rows: rows(int64(15_000))})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := open(t, f).Update(ctx, "key", func(context.Context, []byte) ([]byte, error) { return nil, nil })
	if !errors.Is(err, storage.ErrBusy) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Update = %v; want ErrBusy", err)
	}
}

func TestReservedKey(t *testing.T) {
	t.Parallel()
	s := open(t, database())
	if _, err := s.Load(t.Context(), "\x00chatlaine.epoch"); err == nil || !strings.Contains(err.Error(), "reserved") {
		t.Errorf("Load = %v", err)
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	db := database().open(t)
	for name, tt := range map[string]struct {
		config sqlstore.Config
		want   []string // nil: no error
	}{
		"complete":    {sqlstore.Config{DB: db, Dialect: sqlstore.SQLite}, nil},
		"with schema": {sqlstore.Config{DB: db, Dialect: sqlstore.PostgreSQL, Table: "app.sessions"}, nil},
		"nothing":     {sqlstore.Config{}, []string{"Config.DB is nil", "Config.Dialect must be"}},
		"injection":   {sqlstore.Config{DB: db, Dialect: sqlstore.SQLite, Table: `s"; drop table users; --`}, []string{"Config.Table is"}},
		"short lease": {sqlstore.Config{DB: db, Dialect: sqlstore.SQLite, TTL: 1}, []string{"Config.TTL is 1ns"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := sqlstore.New(tt.config)
			if (err == nil) != (tt.want == nil) {
				t.Fatalf("New = %v", err)
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("New = %v; want it to say %q", err, want)
				}
			}
		})
	}
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	f := &fake{rules: []rule{{prefix: "select pg_advisory_xact_lock"}, {prefix: "create table if not exists"}, {prefix: "insert into"}, {prefix: "commit"}}}
	if err := open(t, f).Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, r := range f.rules {
		if i >= len(f.calls) || !strings.HasPrefix(f.calls[i].query, r.prefix) {
			t.Errorf("statement %d is not %q: %v", i, r.prefix, f.calls)
		}
	}
	f.rules = []rule{{prefix: "rollback"}}
	if err := open(t, f).Migrate(t.Context()); err == nil || !strings.Contains(err.Error(), "chatelaine_sessions") {
		t.Errorf("Migrate = %v; want an error that names the table", err)
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	f := database(rule{prefix: "select key from", rows: [][]driver.Value{{[]byte("a")}, {[]byte("b\x00")}}})
	var got []string
	for key, err := range open(t, f).Keys(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, key)
	}
	if len(got) != 2 || got[0] != "a" || got[1] != "b\x00" {
		t.Errorf("Keys = %q", got)
	}
	for _, err := range open(t, &fake{}).Keys(t.Context()) {
		if err == nil {
			t.Error("no error")
		}
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	s := open(t, database(rule{prefix: "delete from", affected: 3}))
	if n, err := s.Clean(t.Context()); n != 3 || err != nil {
		t.Errorf("Clean = %d, %v", n, err)
	}
	if _, err := open(t, &fake{}).Clean(t.Context()); err == nil {
		t.Error("Clean = nil")
	}
}
