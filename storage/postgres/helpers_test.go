package postgres_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
)

func mustParse(t *testing.T, url string) *pgx.ConnConfig {
	t.Helper()
	c, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
