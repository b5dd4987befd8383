package auth

import (
	"fmt"
	"net/http"
	"testing"
)

// TestHeaderNames: an Authorization header is found in any spelling, whatever sets of names were
// there before, and with none of them remembered.
func TestHeaderNames(t *testing.T) {
	t.Parallel()
	var n headerNames
	value := []string{"x"}
	for i, c := range []struct {
		h    http.Header
		want bool
	}{
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
	} {
		if got := n.authorized(c.h); got != c.want {
			t.Errorf("%d: %v: got %v", i, c.h, got)
		}
	}
	many := make(http.Header)
	for i := range 40 {
		many[fmt.Sprint("X-", i)] = value
		if n.authorized(many) {
			t.Errorf("found in %d", i)
		}
	}
	many["authorization"] = value
	if !n.authorized(many) {
		t.Error("not found among many")
	}
	delete(many, "authorization")
	many["Authorization"] = nil
	if n.authorized(many) {
		t.Error("found without a value")
	}
}
