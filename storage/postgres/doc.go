// Package postgres wakes the waiters of package sqlstore by LISTEN and NOTIFY of
// PostgreSQL.
//
// Without it, a process that waits for a lease of another one looks at the row
// at intervals. With it, it learns within milliseconds that the lease is free. It
// costs one more connection for each process, and a statement for each refresh.
// Choose it where processes often wait for one another and where there are tens
// of them, not thousands: PostgreSQL wakes every connection that listens in the
// database for each notification. docs/fleet.md has the numbers.
//
// It is a module of its own, on github.com/jackc/pgx/v5.
//
// # Usage
//
// Make the signals, and give them to the store:
//
//	signals, err := postgres.New(postgres.Config{DB: db, URL: url})
//	…
//	defer signals.Close()
//	store, err := sqlstore.New(sqlstore.Config{DB: db, Dialect: sqlstore.PostgreSQL, Signals: signals})
//
// The connection that listens is made when it is first needed, and made again
// when it ends. It must reach the server itself: a pooler like PgBouncer in
// transaction mode cannot LISTEN. DB may go through one.
//
// # Errors
//
// New reports a configuration that cannot work. Later errors make nothing fail: waiters look at the
// row as they would without signals. [Signals.Err] has the latest one, for health checks.
//
// # Concurrency
//
// A Signals is safe for concurrent use, and serves any number of stores.
//
// # Security
//
// A notification has the key of a session, in base64url, and nothing of its
// value. Whoever may connect to the database may listen, and may send false
// notifications, which cost each waiter no more than a look at the row.
package postgres
