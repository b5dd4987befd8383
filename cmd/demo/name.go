package main

import (
	"os"
	"path/filepath"
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

func nameOf(executable string) string {
	if strings.Contains(filepath.ToSlash(executable), "/go-build") {
		return "go run ./cmd/demo"
	}
	return "demo"
}

// called puts the name in place of demo in a text that tells what to run.
func (a *app) called(text string) string { return strings.ReplaceAll(text, "`demo ", "`"+a.name+" ") }
