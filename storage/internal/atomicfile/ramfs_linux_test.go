package atomicfile_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/chatelaine-go/chatelaine/storage/internal/atomicfile"
)

// Not every file system can set blocks aside; ramfs cannot.
func TestWithoutReserving(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("mounting a file system needs root")
	}
	dir := t.TempDir()
	if err := syscall.Mount("ramfs", dir, "ramfs", 0, ""); err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	path := filepath.Join(dir, "file")
	p, err := atomicfile.Begin(path, dir, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Commit([]byte("content")); err != nil {
		t.Fatal(err)
	}
	wantContent(t, path, "content")
}
