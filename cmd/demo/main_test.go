package main

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes this program the command demo for the tests that run it as a process, and the browser
// of users who agree to everything.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"demo": main, "xdg-open": visit})
}

// visit opens a URL as a browser does: it follows redirects to wherever they lead.
func visit() {
	resp, err := new(http.Client).Get(os.Args[1])
	if err != nil {
		os.Exit(1)
	}
	_ = resp.Body.Close()
}

// hermetic is an environment without the user's home, keyring and colors; demo is in the PATH.
func hermetic(home string) []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "XDG_STATE_HOME=" + filepath.Join(home, "state"),
		"DBUS_SESSION_BUS_ADDRESS=disabled:", "TERM=xterm", "GOCOVERDIR=" + os.Getenv("GOCOVERDIR"),
		"SYSTEMROOT=" + os.Getenv("SYSTEMROOT"), "LOCALAPPDATA=" + filepath.Join(home, "state"),
	}
}
