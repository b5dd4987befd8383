package main

import (
	"os"
	"path"
	"path/filepath"
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

func nameOf(executable string) string {
	if isBuiltByRun(filepath.ToSlash(executable)) {
		return "go run ./cmd/demo"
	}
	return "demo"
}

// isBuiltByRun reports whether file is where `go run` puts binaries: below a temporary directory,
// or in the cache, in a directory named by a SHA-256 hash.
func isBuiltByRun(file string) bool {
	hash, cached := strings.CutSuffix(path.Base(path.Dir(file)), "-d")
	return strings.Contains(file, "/go-build") || cached && len(hash) == 64
}

// called replaces demo by its name in a text that says what to run.
func (a *app) called(text string) string { return strings.ReplaceAll(text, "`demo ", "`"+a.name+" ") }
