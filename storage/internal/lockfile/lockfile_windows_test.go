package lockfile_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/windows"

	"github.com/chatelaine-go/chatelaine/storage/internal/lockfile"
)

// TestHeldFileStays: no cleaner removes the file while it is held, so the lock is never lost.
func TestHeldFileStays(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	lock, err := lockfile.Exclusive(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err == nil || lock.Lost() {
		t.Errorf("the file of a lock that is held was removed: %v; lost: %t", err, lock.Lost())
	}
	lock.Unlock()
	if err := os.Remove(path); err != nil {
		t.Errorf("the file of a lock that is not held: %v", err)
	}
}

// TestSharingViolation: a program that has the lock file open and does not share it, as virus
// scanners do, is waited for like a holder.
func TestSharingViolation(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		t.Fatal(err)
	}
	scanner, err := windows.CreateFile(name, windows.GENERIC_READ, 0, nil, windows.CREATE_NEW, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lockfile.Exclusive(briefly(t), path); !errors.Is(err, lockfile.ErrBusy) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("while the file is not shared: %v", err)
	}
	context.AfterFunc(briefly(t), func() { _ = windows.CloseHandle(scanner) })
	lock, err := lockfile.Exclusive(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	lock.Unlock()
}
