package main

import (
	"os"
	"strings"
	"testing"
)

// TestRead: the figures of everything that the steps print.
func TestRead(t *testing.T) {
	t.Parallel()
	m := &measured{figures: make(map[string]float64)}
	m.read(`goos: linux
cpu: A fast one
BenchmarkTransport/headers=2/lib=chain/list=auth+4   	       1	       590.5 cpu-ns/op	         0.5600 of-oauth2	     816 B/op	       3 allocs/op
BenchmarkHerd/goroutines=1000-2  	      11	 107640000 ns/op	     10100 cpu-ns/goroutine
headers=6 lib=chain/list=auth 3591
start sealed 1925157
    sessions_memory_test.go:54: an idle session takes 2131 bytes
PASS
`)
	for name, want := range map[string]float64{
		"Transport/headers=2/lib=chain/list=auth+4 cpu-ns/op": 590.5,
		"Transport/headers=2/lib=chain/list=auth+4 of-oauth2": 0.56,
		"Transport/headers=2/lib=chain/list=auth+4 allocs/op": 3,
		"Herd/goroutines=1000 cpu-ns/goroutine":               10100,
		"Count/headers=6/lib=chain/list=auth instructions":    3591,
		"Count/start/sealed instructions":                     1925157,
		"Sessions B":                                          2131,
	} {
		if got := m.figures[name]; got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
	if m.cpu != "A fast one" {
		t.Errorf("got %q", m.cpu)
	}
	m.get("Herd/goroutines=1000", "B/op")
	if len(m.missing) != 1 {
		t.Errorf("missing: %q", m.missing)
	}
}

// TestPage: docs/benchmarks.md has the markers of every table, and a table that lacks figures says
// which.
func TestPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../docs/benchmarks.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables() {
		m := &measured{figures: make(map[string]float64)}
		text := table.of(m)
		if m.missing == nil && table.name != "machine" {
			t.Errorf("%s asks for nothing", table.name)
		}
		got, err := replace(string(page), table.name, text)
		if err != nil {
			t.Error(err)
		}
		if again, err := replace(got, table.name, text); err != nil || again != got || !strings.Contains(got, text) {
			t.Errorf("%s: replaced twice, it is another page: %v", table.name, err)
		}
	}
	if _, err := replace("<!-- table x -->\n", "x", ""); err == nil {
		t.Error("a marker without an end")
	}
}

// TestNumber groups digits.
func TestNumber(t *testing.T) {
	t.Parallel()
	for v, want := range map[float64]string{0: "0", 999.4: "999", 999.5: "1,000", -12: "−12", 1234567: "1,234,567"} {
		if got := number(v); got != want {
			t.Errorf("%v: got %s", v, got)
		}
	}
}
