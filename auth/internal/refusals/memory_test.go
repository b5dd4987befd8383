package refusals_test

import (
	"testing"

	"github.com/chatelaine-go/chatelaine/auth/internal/refusals"
)

// TestMemory_allocations: thousands of requests that are refused together look for one kind, and
// none of them allocates.
func TestMemory_allocations(t *testing.T) { // not parallel: AllocsPerRun counts everyone's
	var m refusals.Memory
	kind, absent := get("/organizations/17/departments/4/members"), get("/organizations/mine/departments/members")
	m.Add(kind, fresh, t0)
	for name, do := range map[string]func(){
		"About":          func() { m.About(kind, fresh, true, t0) },
		"About, unknown": func() { m.About(absent, fresh, true, t0) },
		"Try":            func() { m.Try(kind, other, t0) },
		"Forget":         func() { m.Forget(absent) },
	} {
		if n := testing.AllocsPerRun(100, do); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
