package headernames_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/chatelaine-go/chatelaine/auth/internal/headernames"
)

// look is a request to look at, one after the other.
type look struct {
	h    http.Header
	want bool
}

func check(t *testing.T, f *headernames.Finder, looks []look) {
	t.Helper()
	for i, l := range looks {
		if got := f.Authorized(l.h); got != l.want {
			t.Errorf("%d: %v: got %v", i, l.h, got)
		}
	}
}

// TestFinder: an Authorization header is found in any spelling, whatever sets of names were
// there before, and with none of them remembered.
func TestFinder(t *testing.T) {
	t.Parallel()
	var n headernames.Finder
	value := []string{"x"}
	check(t, &n, []look{
		{nil, false},
		{http.Header{"Accept": value, "Authorization": nil}, false}, // named without a value
		{http.Header{"Accept": value, "Authorization": value}, true},
		{http.Header{"Accept": value, "User-Agent": value}, false}, // remembered
		{http.Header{"Accept": value, "User-Agent": value}, false},
		{http.Header{"Accept": value, "Authorization": value}, true},
		{http.Header{"Accept": value, "aUTHORIZATION": value}, true},
		{http.Header{"Accept": value, "Cookie": value}, false}, // another set of that size
		{http.Header{"authorization": value}, true},
		{http.Header{"Authorization": nil, "AUTHORIZATION": value}, true},
		{http.Header{"Authorization": value}, true},
		{http.Header{"Accept": value}, false},
	})
	many := make(http.Header)
	for i := range 40 {
		many[fmt.Sprint("X-", i)] = value
		if n.Authorized(many) {
			t.Errorf("found in %d", i)
		}
	}
	many["authorization"] = value
	if !n.Authorized(many) {
		t.Error("not found among many")
	}
	delete(many, "authorization")
	many["Authorization"] = nil
	if n.Authorized(many) {
		t.Error("found without a value")
	}
}
