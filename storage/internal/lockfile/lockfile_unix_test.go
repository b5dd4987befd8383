//go:build unix

package lockfile_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/chatelaine-go/chatelaine/storage/internal/lockfile"
)

// A holder learns that its file was removed, and may take the lock of the name
// again.
func TestLostAndRenewed(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	first, err := lockfile.Exclusive(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if first.Lost() {
		t.Error("lost from the beginning")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if !first.Lost() {
		t.Error("removed and not lost")
	}
	// Another process would get the lock of the new file; a shared lock stands
	// for it here, because it does not queue within the process.
	second, err := lockfile.Shared(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Renew(briefly(t)); !errors.Is(err, lockfile.ErrBusy) || !first.Lost() {
		t.Errorf("Renew while another holder has the lock: %v", err)
	}
	second.Unlock()
	if err := first.Renew(t.Context()); err != nil || first.Lost() {
		t.Errorf("Renew: %v", err)
	}
	if _, err := lockfile.Shared(briefly(t), path); !errors.Is(err, lockfile.ErrBusy) {
		t.Errorf("renewed, and yet there is a second holder: %v", err)
	}
	first.Unlock()
}

// A holder whose file was removed does not remove the file of its successor.
func TestRemoveLost(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	lock, err := lockfile.Exclusive(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	lock.Remove()
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("the successor's file: %v", err)
	}
}
