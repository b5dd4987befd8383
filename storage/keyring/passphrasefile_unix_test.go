//go:build unix

package keyring_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

// A passphrase file must be a regular file of this user or root that no other user can write to.
// Other users may read it.
func TestPassphraseFileModes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		mode    fs.FileMode
		owner   int
		refused string
	}{
		"recommended":          {mode: 0o600},
		"read-only":            {mode: 0o400},
		"systemd, Kubernetes":  {mode: 0o440},
		"Docker":               {mode: 0o444},
		"Kubernetes, defaults": {mode: 0o644},
		"writable by a group":  {mode: 0o660, refused: "0600"},
		"writable by all":      {mode: 0o622, refused: "0600"},
		"all":                  {mode: 0o777, refused: "0600"},
		"of another user":      {mode: 0o600, owner: 12345, refused: "belongs to user 12345"},
		"of another, readable": {mode: 0o644, owner: 12345, refused: "belongs to user 12345"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := write(t, filepath.Join(t.TempDir(), "passphrase"), "correct horse\n")
			if c.owner != 0 {
				if os.Geteuid() != 0 {
					t.Skip("needs root, to give a file away")
				}
				if err := os.Chown(path, c.owner, c.owner); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Chmod(path, c.mode); err != nil {
				t.Fatal(err)
			}
			got, err := keyring.PassphraseFile(path)("?")
			switch {
			case c.refused == "" && (err != nil || got != "correct horse"):
				t.Errorf("%q, %v", got, err)
			case c.refused != "" && (err == nil || got != "" || !strings.Contains(err.Error(), c.refused)):
				t.Errorf("%q, %v; want an error with %q", got, err, c.refused)
			}
		})
	}
}

// Kubernetes mounts a secret as a link to a link into a directory that it
// replaces when the secret changes.
func TestPassphraseFileOfKubernetes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mount := func(version, content string) {
		t.Helper()
		if err := os.Mkdir(filepath.Join(dir, version), 0o755); err != nil {
			t.Fatal(err)
		}
		path := write(t, filepath.Join(dir, version, "passphrase"), content)
		next := filepath.Join(dir, "..data_tmp")
		err := os.Chmod(path, 0o644)
		if err == nil {
			err = os.Symlink(version, next)
		}
		if err == nil {
			err = os.Rename(next, filepath.Join(dir, "..data"))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	mount("..2026_01", "one")
	if err := os.Symlink("..data/passphrase", filepath.Join(dir, "passphrase")); err != nil {
		t.Fatal(err)
	}
	read := keyring.PassphraseFile(filepath.Join(dir, "passphrase"))
	wantPassphrase(t, read, "one")
	mount("..2026_02", "two")
	wantPassphrase(t, read, "two")
}

func wantPassphrase(t *testing.T, read func(string) (string, error), want string) {
	t.Helper()
	if got, err := read("?"); err != nil || got != want {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
}

// A pipe whose other end is never opened must not hold up a service.
func TestPassphraseFileIsAPipe(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := keyring.PassphraseFile(path)("?")
		done <- err
	}()
	select {
	case err := <-done:
		if err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Error("PassphraseFile waits for the other end")
	}
}
