package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// commandName returns how the user runs this program: a binary built by `go run` is not in the
// PATH.
func commandName() string {
	self, err := os.Executable()
	if err != nil {
		return "demo"
	}
	return nameOf(self)
}

// built matches the places where `go run` puts binaries: a temporary directory, or the cache.
var built = regexp.MustCompile(`/go-build|/[0-9a-f]{64}-d/[^/]+$`)

func nameOf(executable string) string {
	if built.MatchString(filepath.ToSlash(executable)) {
		return "go run ./cmd/demo"
	}
	return "demo"
}

// called replaces demo by its name in a text that says what to run.
func (a *app) called(text string) string { return strings.ReplaceAll(text, "`demo ", "`"+a.name+" ") }
