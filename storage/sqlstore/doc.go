// Package sqlstore keeps values in a table of PostgreSQL or SQLite, so that the
// programs of many machines share one session.
//
// It imports database/sql only: the driver is the program's choice. The tested
// drivers are github.com/jackc/pgx/v5/stdlib, with its default settings, and
// modernc.org/sqlite.
//
// # Usage
//
// Open the database with its driver, then the store over it:
//
//	db, err := sql.Open("pgx", url)
//	…
//	store, err := sqlstore.New(sqlstore.Config{DB: db, Dialect: sqlstore.PostgreSQL})
//	…
//	err = store.Migrate(ctx) // once; or apply Schema with your own tools
//
// No transaction and no connection is held while a callback runs, so a pool of ten connections
// serves any number of refreshes at once. A lease in the row of the key holds others off: see
// package lease.
//
// Each operation is one statement or one transaction, and none sets or needs
// state of the database's session. So the store asks nothing of a pooler like
// PgBouncer but that a transaction stays on one connection; it is not tested
// behind one. The driver may ask more: see there whether its prepared statements
// work in the pooler's mode.
//
// With SQLite, open the database with a busy timeout, with write-ahead logging,
// and with one connection (SetMaxOpenConns), because more of them only wait for
// one another's writes.
//
// # Errors
//
// Errors match those of package storage. A row that is missing is [io/fs.ErrNotExist] only while
// the marker of [Store.Migrate] is there; without it, the table was wiped, and the error matches
// [storage.ErrDataLost].
//
// # Concurrency
//
// A Store is safe for concurrent use by any number of goroutines, processes and
// machines. Times are compared by the clock of the database alone.
//
// # Security
//
// Values are stored as they are given; [storage.Seal] encrypts them. The
// program's user needs select, insert, update and delete on the one table.
package sqlstore
