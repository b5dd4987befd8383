package headernames_test

import (
	"testing"

	"github.com/chatelaine-go/chatelaine/auth/internal/headernames"
)

// TestFinder_allocations: names that are known cost no memory.
func TestFinder_allocations(t *testing.T) { // not parallel: AllocsPerRun counts everyone's
	var f headernames.Finder
	h := headers("X-", 32)
	f.Authorized(h)
	if n := testing.AllocsPerRun(100, func() { f.Authorized(h) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
