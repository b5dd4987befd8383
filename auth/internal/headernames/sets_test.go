package headernames_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/chatelaine-go/chatelaine/auth/internal/headernames"
)

// headers returns a set of n names that begin with prefix.
func headers(prefix string, n int) http.Header {
	h := make(http.Header)
	for i := range n {
		h[fmt.Sprint(prefix, i)] = []string{"x"}
	}
	return h
}

// TestFinder_sizes: whatever the number of names, two sets of one size that take turns are told from
// each other, and an Authorization header in place of any name is found.
func TestFinder_sizes(t *testing.T) {
	t.Parallel()
	for n := range 36 {
		var f headernames.Finder
		a, b := headers("X-A-", n), headers("X-B-", n)
		for range 3 {
			if f.Authorized(a) || f.Authorized(b) {
				t.Errorf("found in %d names", n)
			}
			for _, h := range []http.Header{a, b} {
				for name := range h {
					for _, spelled := range []string{"Authorization", "authorization", "AUTHORIZATION"} {
						value := h[name]
						delete(h, name)
						h[spelled] = value
						if !f.Authorized(h) {
							t.Errorf("%s not found among %d names", spelled, n)
						}
						delete(h, spelled)
						h[name] = value
					}
				}
			}
		}
	}
}

// TestFinder_names: names that differ in case are different ones, and an empty name is one.
func TestFinder_names(t *testing.T) {
	t.Parallel()
	var f headernames.Finder
	value := []string{"x"}
	check(t, &f, []look{
		{http.Header{"X-A": value, "x-a": value}, false},
		{http.Header{"X-A": value, "authorization": value}, true},
		{http.Header{"x-a": value, "Authorization": {}}, false},
		{http.Header{"": value}, false},
		{http.Header{"": nil}, false},
		{http.Header{"Authorization": value}, true},
		{http.Header{"Authorizations": value}, false},
		{http.Header{"Authorizatio": value}, false},
		{http.Header{"Proxy-Authorization": value}, false},
		{http.Header{"Authorization": {""}}, true},
		{http.Header{}, false},
		{nil, false},
	})
}

// TestFinder_twice: of two spellings, one with a value is enough, in whatever order they come.
func TestFinder_twice(t *testing.T) {
	t.Parallel()
	for range 64 {
		var f headernames.Finder
		if !f.Authorized(http.Header{"Authorization": nil, "AUTHORIZATION": {"x"}}) {
			t.Fatal("not found")
		}
	}
}

// TestFinder_concurrent: goroutines with sets of their own, of one size, find what is theirs.
func TestFinder_concurrent(t *testing.T) {
	t.Parallel()
	var (
		f  headernames.Finder
		wg sync.WaitGroup
	)
	for i := range 8 {
		wg.Go(func() {
			for n := range 200 {
				h := headers(strings.Repeat("X", i+1), n%34)
				if f.Authorized(h) {
					t.Errorf("found in %v", h)
				}
				h["authorization"] = []string{"x"}
				if !f.Authorized(h) {
					t.Errorf("not found in %v", h)
				}
			}
		})
	}
	wg.Wait()
}
