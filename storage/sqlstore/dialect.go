package sqlstore

import "strings"

// A Dialect is a kind of database. The zero value is none.
type Dialect int

// The supported databases.
const (
	PostgreSQL Dialect = iota + 1 // 12 or later
	SQLite                        // 3.35 or later; all processes on one machine
)

// String returns the name of the database.
func (d Dialect) String() string {
	switch d {
	case PostgreSQL:
		return "PostgreSQL"
	case SQLite:
		return "SQLite"
	default:
		return "no dialect"
	}
}

func (d Dialect) known() bool { return d == PostgreSQL || d == SQLite }

// Schema returns the statements that set up table ("": the default name), for
// those who migrate with their own tools; [Store.Migrate] runs the same ones.
// They may run any number of times. The row that the last one inserts is the
// marker by which an empty table is told from one that lost its rows.
func Schema(d Dialect, table string) string {
	if table == "" {
		table = defaultTable
	}
	return strings.Join(d.schema(table), ";\n\n") + ";\n"
}

func (d Dialect) schema(table string) []string {
	switch d {
	case PostgreSQL:
		return postgresSchema(table)
	case SQLite:
		return sqliteSchema(table)
	default:
		return nil
	}
}

// statements are what the backend runs. $1 … are the parameters.
type statements struct {
	load     string // key
	marker   string // -
	acquire  string // key, owner, fence, ttl
	look     string // key
	renew    string // key, fence, ttl
	renewAll list   // ttl, and for each lease key and fence
	lookAll  list   // keys
	write    string // key, fence, version, value
	release  string // key, fence
	outcome  string // key
	keys     string // from, limit
	clean    string // -
	lock     string // serializes migrations; "": not needed
}

// markerKey is the key of the marker row, spelled as the first version spelled it. As a hexadecimal
// literal it is part of the statements.
const (
	markerKey = "\x00chatlaine.epoch"
	markerHex = "00636861746c61696e652e65706f6368"
)

// statements puts the table's name, and whatever the dialect says differently,
// into the statements that all databases share.
func (d Dialect) statements(table string) statements {
	dialect := []string{"{T}", table}
	lock := ""
	parameter := "$"
	switch d {
	case SQLite:
		// The clock is read when the statement has the write lock.
		const now = "cast((julianday('now') - 2440587.5) * 86400000 as integer)"
		dialect = append(dialect, "{now}", now, "{later}", now+" + $ttl", "{left}", "until - "+now,
			"{marker}", "x'"+markerHex+"'", "{day}", now+" - 86400000", "{blob}", "", "{text}", "", "{int}", "")
		parameter = "?"
	default:
		// Not now(): a statement that waited for the row must judge by the moment.
		dialect = append(dialect, "{now}", "clock_timestamp()", "{later}", "clock_timestamp() + $ttl::bigint * interval '1 millisecond'",
			"{left}", "ceil(extract(epoch from until - clock_timestamp()) * 1000)::bigint", "{marker}", `'\x`+markerHex+`'::bytea`,
			"{day}", "clock_timestamp() - interval '1 day'", "{blob}", "::bytea", "{text}", "::text", "{int}", "::bigint")
		lock = "select pg_advisory_xact_lock(hashtextextended('" + table + "', 7308))"
	}
	fill := func(s, ttl string) string {
		s = strings.NewReplacer(dialect...).Replace(s)
		s = strings.ReplaceAll(s, "$ttl", ttl)
		return strings.ReplaceAll(s, "$", parameter)
	}
	mine := "(key, fence) in (values {list}) and until is not null"
	renewAll := "update {T} set until = {later} where " + mine + " returning key"
	if d != SQLite { // in the order of the keys, so that two of them never wait for each other
		renewAll = "with mine as (select key from {T} where " + mine + " order by key for update)\n" +
			"update {T} as t set until = {later} from mine where t.key = mine.key returning t.key"
	}
	return statements{
		renewAll: list{text: fill(renewAll, "$1"), item: fill("($%d{blob}, $%d{int})", ""), width: 2, offset: 1},
		lookAll:  list{text: fill(`select key, {left} from {T} where key in ({list}) and {left} > 0`, ""), item: fill("$%d{blob}", ""), width: 1},
		load:     fill(`select value, value is null, version from {T} where key = $1{blob}`, ""),
		marker:   fill(`select value from {T} where key = {marker}`, ""),
		// What is not to be had is not locked either: the condition comes twice.
		acquire: fill(`insert into {T} as t (key, owner, fence, until) select $1{blob}, $2{text}, $3{int}, {later}
where not exists (select 1 from {T} where key = $1{blob} and until > {now} and owner <> $2{text})
on conflict (key) do update set
	interrupted = t.interrupted or (t.until is not null and t.owner <> excluded.owner),
	owner = excluded.owner, fence = excluded.fence, until = {later}
where t.until is null or t.until <= {now} or t.owner = excluded.owner
returning value, value is null, version, interrupted`, "$4"),
		look:  fill(`select coalesce({left}, 0) from {T} where key = $1{blob}`, ""),
		renew: fill(`update {T} set until = {later} where key = $1{blob} and fence = $2{int} and until is not null`, "$3"),
		write: fill(`update {T} set value = $4{blob}, version = $2{int}, interrupted = false, owner = null, until = null, updated_at = {now}
where key = $1{blob} and version = $3{int} and (fence = $2{int} or until is null or until <= {now})`, ""),
		release: fill(`update {T} set owner = null, until = null where key = $1{blob} and fence = $2{int} and until is not null`, ""),
		outcome: fill(`select version from {T} where key = $1{blob}`, ""),
		keys:    fill(`select key from {T} where key >= $1{blob} and value is not null and key <> {marker} order by key limit $2{int}`, ""),
		clean:   fill(`delete from {T} where value is null and key <> {marker} and updated_at < {day} and (until is null or until < {day})`, ""),
		lock:    lock,
	}
}

func postgresSchema(table string) []string {
	return []string{
		`create table if not exists ` + table + ` (
	key         bytea primary key,               -- not text: keys may hold any byte
	value       bytea,                           -- null: absent
	version     bigint not null default 0,       -- the fence of the last writer
	fence       bigint not null default 0,       -- of the last lease
	owner       text,                            -- of the present lease
	until       timestamptz,                     -- when the present lease expires; null: none
	interrupted boolean not null default false,  -- a lease expired, and nothing was written since
	updated_at  timestamptz not null default clock_timestamp()
) with (fillfactor = 50)`,
		`insert into ` + table + ` (key, value, version)
values ('\x` + markerHex + `'::bytea, convert_to(md5(random()::text || clock_timestamp()::text), 'UTF8'), 1)
on conflict (key) do nothing`,
	}
}

func sqliteSchema(table string) []string {
	return []string{
		`create table if not exists ` + table + ` (
	key         blob primary key,
	value       blob,                          -- null: absent
	version     integer not null default 0,    -- the fence of the last writer
	fence       integer not null default 0,    -- of the last lease
	owner       text,                          -- of the present lease
	until       integer,                       -- when the present lease expires, in ms; null: none
	interrupted integer not null default 0,    -- a lease expired, and nothing was written since
	updated_at  integer not null default (cast((julianday('now') - 2440587.5) * 86400000 as integer))
)`,
		`insert into ` + table + ` (key, value, version)
values (x'` + markerHex + `', cast(lower(hex(randomblob(16))) as blob), 1)
on conflict (key) do nothing`,
	}
}
