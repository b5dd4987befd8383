package sqlstore_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
)

// A fake is a database that answers each statement by a rule and remembers it.
type fake struct {
	mu    sync.Mutex
	rules []rule
	calls []call
}

type call struct {
	query string
	args  []driver.NamedValue
}

// A rule answers the statements that begin with prefix.
type rule struct {
	prefix   string
	rows     [][]driver.Value
	affected int64
	err      error
}

func (f *fake) open(t *testing.T) *sql.DB {
	t.Helper()
	db := sql.OpenDB(f)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// count returns how many statements began with prefix.
func (f *fake) count(prefix string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.calls {
		if strings.HasPrefix(c.query, prefix) {
			n++
		}
	}
	return n
}

func (f *fake) answer(query string, args []driver.NamedValue) (rule, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, call{query, args})
	for _, r := range f.rules {
		if strings.HasPrefix(query, r.prefix) {
			return r, r.err
		}
	}
	return rule{}, errors.New("no rule for " + query)
}

func (f *fake) Connect(context.Context) (driver.Conn, error) { return fakeConn{f}, nil }
func (f *fake) Driver() driver.Driver                        { return nil }

type fakeConn struct{ *fake }

func (c fakeConn) Prepare(string) (driver.Stmt, error) { return nil, errors.ErrUnsupported }
func (c fakeConn) Close() error                        { return nil }
func (c fakeConn) Begin() (driver.Tx, error)           { return c, nil }
func (c fakeConn) Commit() error                       { _, err := c.answer("commit", nil); return err }

func (c fakeConn) Rollback() error { _, err := c.answer("rollback", nil); return err }

func (c fakeConn) QueryContext(_ context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	r, err := c.answer(query, args)
	return &fakeRows{left: r.rows}, err
}

func (c fakeConn) ExecContext(_ context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	r, err := c.answer(query, args)
	return driver.RowsAffected(r.affected), err
}

type fakeRows struct{ left [][]driver.Value }

func (r *fakeRows) Columns() []string {
	if len(r.left) == 0 {
		return nil
	}
	return make([]string, len(r.left[0]))
}

func (r *fakeRows) Close() error { return nil }

func (r *fakeRows) Next(dest []driver.Value) error {
	if len(r.left) == 0 {
		return io.EOF
	}
	copy(dest, r.left[0])
	r.left = r.left[1:]
	return nil
}
