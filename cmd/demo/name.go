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

// cached is where `go run` keeps what it has built, in whatever directory GOCACHE is.
var cached = regexp.MustCompile(`/[0-9a-f]{64}-d/[^/]+$`)

func nameOf(executable string) string {
	if strings.Contains(filepath.ToSlash(executable), "/go-build") || cached.MatchString(filepath.ToSlash(executable)) {
		return "go run ./cmd/demo"
	}
	return "demo"
}

// called puts the name in place of demo in a text that tells what to run.
func (a *app) called(text string) string { return strings.ReplaceAll(text, "`demo ", "`"+a.name+" ") }
