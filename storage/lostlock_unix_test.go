//go:build unix

package storage_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/chatelaine-go/chatelaine/storage"
)

// A cleaner removes the lock files while they are held. What the callback
// returned is stored all the same, if no one has used the gap.
func TestLockFileRemovedWhileHeld(t *testing.T) {
	t.Parallel()
	for what, returned := range map[string][]byte{"saved": []byte("new"), "deleted": nil} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := open(t, config(dir))
			put(t, s, "default", "old")
			err := s.Update(t.Context(), "default", func(context.Context, []byte) ([]byte, error) {
				removeLocks(t, dir)
				return returned, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if returned != nil {
				wantValue(t, s, "default", "new")
			}
		})
	}
}

// If another process has used the gap, its value stays, and the holder learns
// that its own was not stored.
func TestLockFileRemovedAndUsed(t *testing.T) {
	t.Parallel()
	for what, meanwhile := range map[string]func(t *testing.T, dir string){
		"changed": func(t *testing.T, dir string) {
			t.Helper()
			elsewhere(t, dir, "theirs")
		},
		"purged": func(t *testing.T, dir string) {
			t.Helper()
			if err := os.Remove(only(t, dir, "*.sealed")); err != nil {
				t.Fatal(err)
			}
		},
		"another key": func(t *testing.T, dir string) {
			t.Helper()
			write(t, filepath.Join(dir, "test.key"), make([]byte, storage.KeySize))
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := open(t, config(dir))
			put(t, s, "default", "old")
			err := s.Update(t.Context(), "default", func(context.Context, []byte) ([]byte, error) {
				removeLocks(t, dir)
				meanwhile(t, dir)
				return []byte("ours"), nil
			})
			var lost interface{ Lost() bool }
			if !errors.Is(err, storage.ErrLost) || !errors.As(err, &lost) {
				t.Errorf("Update: %v", err)
			}
			if what == "changed" {
				wantValue(t, s, "default", "theirs")
			}
		})
	}
}

func removeLocks(t *testing.T, dir string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.lock"))
	if err != nil || len(paths) != 2 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

// elsewhere stores a value as another process would: in this one the goroutines
// queue for the lock before they look at its file. A second name of the
// directory is a second queue.
func elsewhere(t *testing.T, dir, value string) {
	t.Helper()
	other := t.TempDir()
	s := open(t, storage.SealedConfig{Dir: other, Service: service, Key: keyFile(filepath.Join(dir, "test.key"))})
	put(t, s, "default", value)
	if err := os.Rename(only(t, other, "*.sealed"), only(t, dir, "*.sealed")); err != nil {
		t.Fatal(err)
	}
}
