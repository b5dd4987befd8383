//go:build unix

package storage_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/chatelaine-go/chatelaine/storage"
)

// What lies in place of a lock file must not be followed, created through, or
// waited for.
func TestPlantedLockFile(t *testing.T) {
	t.Parallel()
	for what, plant := range map[string]func(path, target string) error{
		"symbolic link":    func(path, target string) error { return os.Symlink(target, path) },
		"link to nowhere":  func(path, target string) error { return os.Symlink(target+"-new", path) },
		"directory":        func(path, _ string) error { return os.Mkdir(path, 0o700) },
		"named pipe":       func(path, _ string) error { return syscall.Mkfifo(path, 0o600) },
		"service lock too": func(path, target string) error { return os.Symlink(target, path) },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := open(t, config(dir))
			put(t, s, "default", "value")
			lock := only(t, dir, service+"-*.lock")
			if what == "service lock too" {
				lock = filepath.Join(dir, service+".lock")
			}
			if err := os.Remove(lock); err != nil {
				t.Fatal(err)
			}
			target := filepath.Join(t.TempDir(), "target")
			write(t, target, []byte("precious"))
			if err := plant(lock, target); err != nil {
				t.Fatal(err)
			}
			called := false
			err := s.Update(t.Context(), "default", func(context.Context, []byte) ([]byte, error) {
				called = true
				return nil, nil
			})
			if called || err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, storage.ErrBusy) || !strings.HasPrefix(err.Error(), "storage: ") {
				t.Errorf("Update: callback called %t, %v", called, err)
			}
			if content, err := os.ReadFile(target); err != nil || string(content) != "precious" {
				t.Errorf("the target: %q, %v", content, err)
			}
			if _, err := os.Stat(target + "-new"); err == nil {
				t.Error("a file was created through the link")
			}
			wantValue(t, s, "default", "value")
		})
	}
}

// A lock file that was removed while it was held must not let a second holder
// in beside one who has opened the old file and not yet locked it.
func TestRemovedLockFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, config(dir))
	put(t, s, "default", "value")
	if err := os.Remove(only(t, dir, service+"-*.lock")); err != nil {
		t.Fatal(err)
	}
	put(t, s, "default", "value 2")
	wantValue(t, s, "default", "value 2")
}

func TestForeignDirIsRefused(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("needs root, to give a directory away")
	}
	dir := t.TempDir()
	if err := os.Chown(dir, 12345, 12345); err != nil {
		t.Fatal(err)
	}
	if _, err := storage.OpenSealed(config(dir)); err == nil || !strings.Contains(err.Error(), "12345") || !strings.Contains(err.Error(), "directory") {
		t.Errorf("OpenSealed: %v", err)
	}
}

func TestForeignLockFileIsRefused(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("needs root, to give a file away")
	}
	dir := t.TempDir()
	s := open(t, config(dir))
	put(t, s, "default", "value")
	if err := os.Chown(only(t, dir, service+"-*.lock"), 12345, 12345); err != nil {
		t.Fatal(err)
	}
	if err := s.Update(t.Context(), "default", returning("x")); err == nil || !strings.Contains(err.Error(), "12345") {
		t.Errorf("Update: %v", err)
	}
	wantValue(t, s, "default", "value")
}
