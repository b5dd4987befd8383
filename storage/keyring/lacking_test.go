package keyring_test

import (
	"os"
	"testing"
)

// lacking skips a test for which the machine lacks something. In continuous
// integration, where CHATELAINE_REQUIRE_ALL is set, that is a failure.
func lacking(t *testing.T, what string) {
	t.Helper()
	if os.ExpandEnv("$CHATELAINE_REQUIRE_ALL") == "1" {
		t.Fatalf("%s, and CHATELAINE_REQUIRE_ALL is set", what)
	}
	t.Skip(what)
}
