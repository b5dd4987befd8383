package waiters_test

import (
	"testing"

	"github.com/chatelaine-go/chatelaine/storage/internal/waiters"
)

// received reports whether a signal is there.
func received(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// TestRegistry: Wake signals the waiters of its key, WakeAll all of them, and neither one that has
// stopped. Signals that nobody has looked at are one.
func TestRegistry(t *testing.T) {
	t.Parallel()
	var r waiters.Registry
	r.Wake("nobody")
	r.WakeAll()
	a, stopA := r.Add("a")
	again, stopAgain := r.Add("a")
	b, stopB := r.Add("b")
	for _, test := range []struct {
		what string
		do   func()
		want [3]bool
	}{
		{"nothing", func() {}, [3]bool{}},
		{"Wake", func() { r.Wake("a") }, [3]bool{true, true, false}},
		{"Wake of another key", func() { r.Wake("b") }, [3]bool{false, false, true}},
		{"Wake, twice", func() { r.Wake("a"); r.Wake("a") }, [3]bool{true, true, false}},
		{"WakeAll", r.WakeAll, [3]bool{true, true, true}},
		{"after one has stopped", func() { stopAgain(); r.Wake("a") }, [3]bool{true, false, false}},
		{"after it has stopped twice", func() { stopAgain(); r.WakeAll() }, [3]bool{true, false, true}},
		{"after all have stopped", func() { stopA(); stopB(); r.WakeAll() }, [3]bool{}},
	} {
		test.do()
		if got := [3]bool{received(a), received(again), received(b)}; got != test.want {
			t.Errorf("%s: got %v, want %v", test.what, got, test.want)
		}
		if received(a) || received(again) || received(b) {
			t.Errorf("%s: a second signal", test.what)
		}
	}
}
