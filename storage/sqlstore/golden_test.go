package sqlstore_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/storage/sqlstore"
)

// TestSchema_golden asserts that the table is the one of version 1. Package sqltest reads its rows
// in real databases. A new schema gets files of its own beside these, which stay as they are.
func TestSchema_golden(t *testing.T) {
	t.Parallel()
	for dialect, name := range map[sqlstore.Dialect]string{
		sqlstore.PostgreSQL: "postgresql.sql", sqlstore.SQLite: "sqlite.sql",
	} {
		golden, err := os.ReadFile(filepath.Join("testdata", "v1", name))
		if err != nil {
			t.Fatal(err)
		}
		// The marker's key is the one that package sqlstore reserves.
		if !strings.Contains(string(golden), "00636861746c61696e652e65706f6368'") {
			t.Errorf("%s has no marker", name)
		}
		table, _, _ := strings.Cut(sqlstore.Schema(dialect, ""), ";\n\n")
		if !strings.Contains(string(golden), "\n"+table+";\n") {
			t.Errorf("%s: the table is another one:\n%s", name, table)
		}
	}
}
