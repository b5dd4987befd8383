package postgres_test

import (
	"database/sql"
	"fmt"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"github.com/chatelaine-go/chatelaine/storage/postgres"
	"github.com/chatelaine-go/chatelaine/storage/sqlstore"
)

// Signals go beside the database of a store. Nothing is connected before it is needed.
func ExampleNew() {
	const url = "postgres://billing@localhost:5432/billing"
	db, err := sql.Open("pgx", url)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = db.Close() }()
	signals, err := postgres.New(postgres.Config{DB: db, URL: url})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = signals.Close() }()
	store, err := sqlstore.New(sqlstore.Config{DB: db, Dialect: sqlstore.PostgreSQL, Signals: signals})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(store.Namespace(), signals.Err()) // Migrate it once, then hand it to a session.
	// Output: chatelaine_sessions <nil>
}
