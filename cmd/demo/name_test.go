package main

import (
	"strings"
	"testing"
)

// TestNameOf: what is not in the PATH is not called as if it were.
func TestNameOf(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/usr/local/bin/demo":                                   "demo",
		"/tmp/go-build1234/b001/exe/demo":                       "go run ./cmd/demo",
		"/root/.cache/go-build/ab/abcdef-d/demo":                "go run ./cmd/demo",
		"/home/alice/go-builder/bin/demo":                       "go run ./cmd/demo", // harmless
		"/home/alice/src/chatelaine/cmd/demo/demo":              "demo",
		"/home/alice/Library/Caches/other/bin/demo":             "demo",
		"/tmp/cache/ab/" + strings.Repeat("ab", 32) + "-d/demo": "go run ./cmd/demo",
	} {
		if got := nameOf(path); got != want {
			t.Errorf("%s: %s", path, got)
		}
	}
	a := &app{name: "go run ./cmd/demo"}
	if got := a.called("run `demo login`, not demolition"); got != "run `go run ./cmd/demo login`, not demolition" {
		t.Errorf("%s", got)
	}
}
