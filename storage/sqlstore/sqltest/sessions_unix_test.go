//go:build unix

package sqltest_test

import (
	"testing"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/internal/storetest"
	"github.com/chatelaine-go/chatelaine/internal/testserver"
)

func TestSessions(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		dir := t.TempDir()
		storetest.Sessions(t, func() auth.Store { return openSQLite(t, dir) })
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		addr := server(t)
		storetest.Sessions(t, func() auth.Store { return openPostgres(t, testserver.PostgresURL(addr), tableFor(t.Name())) })
	})
}
