package idp_test

import (
	"fmt"
	"os"
	"testing"
)

// childEnv tells the test binary that it is one of several processes with one session.
const childEnv = "CHATELAINE_IDP_CHILD"

func TestMain(m *testing.M) {
	if spec := os.Getenv(childEnv); spec != "" {
		if err := child(spec); err != nil {
			fmt.Println("failed", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// unavailable skips a test whose provider cannot be had, or fails it where everything must run.
func unavailable(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("CHATELAINE_REQUIRE_ALL") != "" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}
