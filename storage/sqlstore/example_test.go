package sqlstore_test

import (
	"database/sql"
	"fmt"

	"github.com/chatelaine-go/chatelaine/storage/sqlstore"
)

// A problem with the configuration is found before the database is called.
func ExampleNew() {
	db := sql.OpenDB(&fake{}) // sql.Open("pgx", url), with an import of its driver
	_, err := sqlstore.New(sqlstore.Config{DB: db, Table: "sessions of users"})
	fmt.Println(err)
	// Output:
	// sqlstore: Config.Dialect must be PostgreSQL or SQLite
	// sqlstore: Config.Table is "sessions of users"; use letters, digits and underscores, with a schema and a dot before it if need be
}

// The statements, for a tool that migrates databases.
func ExampleSchema() {
	fmt.Print(sqlstore.Schema(sqlstore.SQLite, "sessions"))
	// Output:
	// create table if not exists sessions (
	// 	key         blob primary key,
	// 	value       blob,                          -- null: absent
	// 	version     integer not null default 0,    -- the fence of the last writer
	// 	fence       integer not null default 0,    -- of the last lease
	// 	owner       text,                          -- of the present lease
	// 	until       integer,                       -- when the present lease expires, in ms; null: none
	// 	interrupted integer not null default 0,    -- a lease expired, and nothing was written since
	// 	updated_at  integer not null default (cast((julianday('now') - 2440587.5) * 86400000 as integer))
	// );
	//
	// insert into sessions (key, value, version)
	// values (x'00636861746c61696e652e65706f6368', cast(lower(hex(randomblob(16))) as blob), 1)
	// on conflict (key) do nothing;
}
