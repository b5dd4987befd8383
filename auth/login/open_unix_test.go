//go:build unix && !darwin

package login_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/login"
)

// systemPath follows the directory of opener in PATH.
const systemPath = ":/usr/bin:/bin"

// opener makes a directory with a script called xdg-open. The caller puts the directory into PATH.
func opener(t *testing.T, script string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	path := filepath.Join(dir, "xdg-open")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DISPLAY", ":0")
	t.Setenv("WAYLAND_DISPLAY", "")
	return dir
}

func TestOpenBrowser(t *testing.T) {
	dir := opener(t, `printf %s "$1" > "$(dirname "$0")/opened"`)
	t.Setenv("PATH", dir+systemPath)
	const address = "https://id.example.test/authorize?a=1&b=%20x"
	if err := login.OpenBrowser(t.Context(), address); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(dir, "opened"))
	if err != nil || string(got) != address {
		t.Errorf("opened %q, %v", got, err)
	}
}

func TestOpenBrowser_fails(t *testing.T) {
	t.Setenv("PATH", opener(t, "exit 3")+systemPath)
	if err := login.OpenBrowser(t.Context(), "https://id.example.test/"); err == nil || !strings.Contains(err.Error(), "opening a browser") {
		t.Errorf("the command fails: %v", err)
	}
	t.Setenv("DISPLAY", "")
	if err := login.OpenBrowser(t.Context(), "https://id.example.test/"); err == nil || !strings.Contains(err.Error(), "no display") {
		t.Errorf("no display: %v", err)
	}
	t.Setenv("DISPLAY", ":0")
	t.Setenv("PATH", t.TempDir())
	if err := login.OpenBrowser(t.Context(), "https://id.example.test/"); err == nil {
		t.Error("no command: no error")
	}
}

// A command that stays, as a browser does, is left alone when the context ends.
func TestOpenBrowser_does_not_wait(t *testing.T) {
	dir := opener(t, `while [ ! -e "$(dirname "$0")/end" ]; do sleep 0.01; done; touch "$(dirname "$0")/ended"`)
	t.Setenv("PATH", dir+systemPath)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := login.OpenBrowser(ctx, "https://id.example.test/"); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "end"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for { // it has not been killed
		if _, err := os.Stat(filepath.Join(dir, "ended")); err == nil {
			return
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-t.Context().Done():
			t.Fatal("the command was killed")
		}
	}
}
