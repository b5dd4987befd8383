package main

import (
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes this program the command demo for the tests that run it as a process, and the
// browser of users who agree to everything.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"demo": main, "xdg-open": visit, "ctrl-c": pressCtrlC})
}

// visit opens a URL as a browser does: it follows redirects to wherever they lead.
func visit() {
	resp, err := new(http.Client).Get(os.Args[1])
	if err != nil {
		os.Exit(1)
	}
	_ = resp.Body.Close()
}

// hermetic returns an environment without the user's home, keyring and colors; demo is in the PATH.
// Where the keyring of the system cannot be kept out, it is not used: neither the Keychain nor the
// Credential Manager ever gets an entry from these tests.
func hermetic(home string) ([]string, error) {
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "XDG_STATE_HOME=" + filepath.Join(home, "state"),
		"DBUS_SESSION_BUS_ADDRESS=disabled:", "TERM=xterm", "GOCOVERDIR=" + os.Getenv("GOCOVERDIR"),
		"SYSTEMROOT=" + os.Getenv("SYSTEMROOT"), "LOCALAPPDATA=" + filepath.Join(home, "state"),
	}
	if runtime.GOOS == "linux" {
		return env, nil
	}
	passphrase := filepath.Join(home, ".passphrase")
	env = append(env, backendVariable+"=file", passphraseVariable+"="+passphrase)
	return env, os.WriteFile(passphrase, []byte("correct horse"), 0o600)
}

// mustHermetic is hermetic for a test.
func mustHermetic(t *testing.T, home string) []string {
	t.Helper()
	env, err := hermetic(home)
	if err != nil {
		t.Fatal(err)
	}
	return env
}
