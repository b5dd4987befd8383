//go:build unix

package storage_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/storage"
)

func TestDirIsMadePrivate(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a", "b")
	put(t, open(t, config(dir)), "default", "value")
	wantMode(t, dir, 0o700)
	wantMode(t, filepath.Dir(dir), 0o700)
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 5 { // the value, its lock, the lock of the service, the key, tmp
		t.Errorf("%v, %v", files, err)
	}
	for _, f := range files {
		if f.Name() == "tmp" {
			wantMode(t, filepath.Join(dir, f.Name()), 0o700)
			continue
		}
		wantMode(t, filepath.Join(dir, f.Name()), 0o600)
	}
}

func wantMode(t *testing.T, path string, want fs.FileMode) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != want {
		t.Errorf("%s: %v, %v; want %v", path, info.Mode(), err, want)
	}
}

func TestReadableDirIsTightened(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	chmod(t, dir, 0o755)
	open(t, config(dir))
	wantMode(t, dir, 0o700)
}

func chmod(t *testing.T, path string, mode fs.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func TestWritableDirIsRefused(t *testing.T) {
	t.Parallel()
	for _, mode := range []fs.FileMode{0o777, 0o770, 0o722} {
		dir := t.TempDir()
		chmod(t, dir, mode)
		if _, err := storage.OpenSealed(config(dir)); err == nil || !strings.Contains(err.Error(), "chmod 700") || !strings.Contains(err.Error(), "directory") {
			t.Errorf("%v: %v", mode, err)
		}
	}
}
