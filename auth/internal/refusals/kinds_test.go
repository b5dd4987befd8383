package refusals_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/auth/internal/refusals"
)

// TestMemory_longKinds: a kind is known by all of its name, however long it is.
func TestMemory_longKinds(t *testing.T) {
	t.Parallel()
	for n := 90; n < 130; n++ { // around the room on the stack, and beyond
		for _, n := range []int{n, 100 * n} {
			long := "/" + strings.Repeat("a", n)
			for _, note := range []func(*refusals.Memory, *http.Request){
				func(m *refusals.Memory, r *http.Request) { m.Try(r, fresh, t0) },
				func(m *refusals.Memory, r *http.Request) { m.Add(r, fresh, t0) },
			} {
				var m refusals.Memory
				note(&m, get(long+"b"))
				if m.About(get(long+"b"), fresh, false, t0) == refusals.Unknown {
					t.Errorf("%d: not known", n)
				}
				if m.About(get(long+"c"), fresh, false, t0) != refusals.Unknown || m.About(get(long), fresh, false, t0) != refusals.Unknown {
					t.Errorf("%d: another path is of the same kind", n)
				}
				m.Forget(get(long + "c"))
				if m.Empty() {
					t.Errorf("%d: another path is forgotten", n)
				}
				m.Forget(get(long + "b"))
				if !m.Empty() {
					t.Errorf("%d: not forgotten", n)
				}
			}
		}
	}
}

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
