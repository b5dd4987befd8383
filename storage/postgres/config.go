package postgres

import (
	"cmp"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Config configures [New]. DB and URL are required.
type Config struct {
	// DB is the database of the store. Notifications are sent by its connections,
	// one at a time.
	DB *sql.DB
	// URL is the connection string of pgx, by which one connection listens. It may
	// hold a password, so it is not printed.
	URL string `json:"-"`
	// Channel is the name of the channel. All programs that share a table need the same
	// one. At most 63 bytes. Default "chatelaine_released".
	Channel string
}

const defaultChannel = "chatelaine_released"

// mostBytes is the length of the longest name that PostgreSQL does not cut off.
const mostBytes = 63

// check returns c with its defaults, and what its URL says, or everything that is
// wrong with it.
func (c Config) check() (Config, *pgx.ConnConfig, error) {
	c.Channel = cmp.Or(c.Channel, defaultChannel)
	var problems []error
	if c.DB == nil {
		problems = append(problems, errors.New("postgres: Config.DB is nil"))
	}
	if len(c.Channel) > mostBytes || strings.ContainsRune(c.Channel, 0) {
		problems = append(problems, fmt.Errorf("postgres: Config.Channel is %q; use at most %d bytes, and no zero byte", c.Channel, mostBytes))
	}
	var connection *pgx.ConnConfig
	if c.URL == "" { // pgx would connect to wherever the environment says
		problems = append(problems, errors.New("postgres: Config.URL is empty"))
	} else if parsed, err := pgx.ParseConfig(c.URL); err != nil {
		problems = append(problems, fmt.Errorf("postgres: Config.URL: %w", err)) // without the password
	} else {
		connection = parsed
	}
	return c, connection, errors.Join(problems...)
}

// String names the channel, and leaves the URL out.
func (c Config) String() string { return fmt.Sprintf("postgres.Config(%q)", c.Channel) }

// Format prints String, whatever the verb.
func (c Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }
