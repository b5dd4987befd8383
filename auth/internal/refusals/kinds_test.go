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
