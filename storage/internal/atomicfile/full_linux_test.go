package atomicfile_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/chatelaine-go/chatelaine/storage/internal/atomicfile"
)

// TestBegin_reservationFails: a disk that is too full is noticed before anything is replaced, and
// the temporary file is gone, with the space that it took.
func TestBegin_reservationFails(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("mounting a file system needs root")
	}
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "mode=0700,size=256k"); err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	path := filepath.Join(dir, "file")
	if err := atomicfile.Write(path, []byte("old")); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := atomicfile.Begin(path, dir, 1<<20); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("got %v", err)
		}
		wantFiles(t, dir, 1)
	}
	if err := atomicfile.Write(path, make([]byte, 100<<10)); err != nil {
		t.Errorf("the space is still taken: %v", err)
	}
}
