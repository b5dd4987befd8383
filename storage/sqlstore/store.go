package sqlstore

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"iter"

	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/lease"
)

// Store is a [storage.Store] in one table. Use [New]; the zero value is not
// usable. Load, Update, Close and Stats are those of [lease.Store]; Close does
// not close the database.
type Store struct {
	*lease.Store
	backend *backend
	dialect Dialect
}

var (
	_ storage.Store  = (*Store)(nil)
	_ storage.Lister = (*Store)(nil)
)

// New checks the configuration and returns the store, or one error that names
// every problem. It does not call the database.
func New(c Config) (*Store, error) {
	c.Table = cmp.Or(c.Table, defaultTable)
	if err := c.check(); err != nil {
		return nil, err
	}
	b := &backend{db: c.DB, table: c.Table, run: c.Dialect.statements(c.Table), lane: newLane(c.DB.Stats().MaxOpenConnections)}
	s, err := lease.New(c.lease(b))
	if err != nil {
		return nil, err
	}
	return &Store{Store: s, backend: b, dialect: c.Dialect}, nil
}

// Migrate creates the table and its marker, if they are not there. Any number of programs may do so
// at the same time. It needs the right to create tables; where a program does not have it, run
// Migrate when you deploy.
//
// Run it when the database is set up, and with each new version. If the
// table was wiped, Migrate makes it usable again; programs that run meanwhile go
// on to return [storage.ErrDataLost] for what they cannot find, until they are
// restarted.
func (s *Store) Migrate(ctx context.Context) error {
	tx, err := s.backend.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("sqlstore: migrate: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	steps := s.dialect.schema(s.backend.table)
	if lock := s.backend.run.lock; lock != "" {
		steps = append([]string{lock}, steps...)
	}
	for _, step := range steps {
		if _, err := tx.ExecContext(ctx, step); err != nil {
			return fmt.Errorf("sqlstore: migrate table %s: %w", s.backend.table, err)
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("sqlstore: migrate table %s: %w", s.backend.table, err)
	}
	return nil
}

// Clean deletes the rows of values that were deleted, or never written, more
// than a day ago, and returns their number. Run it now and then where sessions
// come and go; nothing depends on it.
func (s *Store) Clean(ctx context.Context) (rows int64, err error) {
	result, err := s.backend.db.ExecContext(ctx, s.backend.run.clean)
	if err != nil {
		return 0, s.backend.failed(err)
	}
	return result.RowsAffected()
}

// Namespace returns the name of the table, to which [storage.Seal] binds
// values.
func (s *Store) Namespace() string { return s.backend.table }

// Keys implements [storage.Lister]: it returns the keys of all values, in the order of their bytes.
// Keys that come or go during the iteration may be missed. It ends with the first error.
func (s *Store) Keys(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		from := []byte{}
		for {
			page, err := s.backend.page(ctx, from)
			if err != nil {
				yield("", err)
				return
			}
			for _, key := range page {
				if !yield(string(key), nil) {
					return
				}
			}
			if len(page) < keysAtATime {
				return
			}
			from = bytes.Join([][]byte{page[len(page)-1], {0}}, nil) // the next key that there can be
		}
	}
}
