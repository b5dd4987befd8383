package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// commandName is how the user can run this program again: what `go run` has built is not in the PATH.
func commandName() string {
	self, err := os.Executable()
	if err != nil {
		return "demo"
	}
	return nameOf(self)
}

// built is where `go run` puts what it has built: a temporary directory, or the cache, wherever that is.
var built = regexp.MustCompile(`/go-build|/[0-9a-f]{64}-d/[^/]+$`)

func nameOf(executable string) string {
	if built.MatchString(filepath.ToSlash(executable)) {
		return "go run ./cmd/demo"
	}
	return "demo"
}

// called puts the name in place of demo in a text that tells what to run.
func (a *app) called(text string) string { return strings.ReplaceAll(text, "`demo ", "`"+a.name+" ") }
