package sqlstore

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/chatelaine-go/chatelaine/storage/lease"
)

// Config configures [New]. DB and Dialect are required.
type Config struct {
	// DB is the database, opened with any driver. The store never closes it. It
	// holds a connection only while a statement runs; ten are plenty. If their
	// number is limited before [New], a fifth of them, at least one of two, is
	// kept free of reads and waits, so that renewals and saves are never late.
	DB *sql.DB
	// Dialect says which database it is.
	Dialect Dialect
	// Table is the name of the table, "schema.table" for one in another schema.
	// Letters, digits and underscores. Default "chatelaine_sessions".
	Table string
	// Signals tell waiters at once that a lease has been released. Nil: they look
	// at the row at intervals.
	Signals Signals

	// TTL, OpTimeout, SaveTimeout and MaxValue are those of [lease.Config]. With
	// SQLite, OpTimeout should be longer than the busy timeout of the driver.
	TTL         time.Duration
	OpTimeout   time.Duration
	SaveTimeout time.Duration
	MaxValue    int
}

const defaultTable = "chatelaine_sessions"

// isTableName reports whether s is a name that needs no quotes, or two with a dot between.
func isTableName(s string) bool {
	schema, table, both := strings.Cut(s, ".")
	return isName(schema) && (!both || isName(table))
}

// isName reports whether s is an ASCII name that PostgreSQL does not cut off.
func isName(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z', c == '_':
		case '0' <= c && c <= '9' && i > 0:
		default:
			return false
		}
	}
	return s != "" && len(s) <= 63
}

func (c Config) check() error {
	var problems []error
	if c.DB == nil {
		problems = append(problems, errors.New("sqlstore: Config.DB is nil"))
	}
	if !c.Dialect.known() {
		problems = append(problems, errors.New("sqlstore: Config.Dialect must be PostgreSQL or SQLite"))
	}
	if !isTableName(c.Table) {
		problems = append(problems, fmt.Errorf("sqlstore: Config.Table is %q; use letters, digits and underscores, "+
			"with a schema and a dot before it if need be", c.Table))
	}
	return errors.Join(problems...)
}

func (c Config) lease(b *backend) lease.Config {
	config := lease.Config{Backend: b, TTL: c.TTL, OpTimeout: c.OpTimeout, SaveTimeout: c.SaveTimeout, MaxValue: c.MaxValue}
	if c.Signals != nil {
		config.Backend = signaled{b, c.Signals}
	}
	return config
}
