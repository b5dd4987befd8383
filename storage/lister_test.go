package storage_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/storage"
)

// list returns the keys, sorted, and the errors.
func list(ctx context.Context, s storage.Lister) (keys []string, failures []error) {
	for key, err := range s.Keys(ctx) {
		if err != nil {
			failures = append(failures, err)
			continue
		}
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys, failures
}

func wantKeys(t *testing.T, s storage.Lister, want ...string) {
	t.Helper()
	keys, failures := list(t.Context(), s)
	if !slices.Equal(keys, want) || len(failures) > 0 {
		t.Errorf("Keys: %q, %v; want %q", keys, failures, want)
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	odd := []string{"", "A/b\\..", "alice", strings.Repeat("x", 1024), "ключ/🔑"}
	for name, s := range map[string]interface {
		storage.Store
		storage.Lister
	}{"sealed": open(t, config(t.TempDir())), "memory": storage.NewMemory()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantKeys(t, s)
			for _, key := range odd {
				put(t, s, key, "value of "+key)
				put(t, s, key, "second value of "+key)
			}
			wantKeys(t, s, odd...)
			if err := s.Update(t.Context(), "alice", nothing); err != nil {
				t.Fatal(err)
			}
			wantKeys(t, s, slices.Delete(slices.Clone(odd), 2, 3)...)
			for key := range s.Keys(t.Context()) { // ends early
				_ = key
				break
			}
			canceled, cancel := context.WithCancel(t.Context())
			cancel()
			if keys, failures := list(canceled, s); len(keys) > 0 || len(failures) != 1 || !errors.Is(failures[0], context.Canceled) {
				t.Errorf("canceled: %q, %v", keys, failures)
			}
		})
	}
}

// Services that share a directory list their own keys.
func TestKeysOfOneService(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	other := config(dir)
	other.Service = service + "-2"
	s, o := open(t, config(dir)), open(t, other)
	put(t, s, "mine", "1")
	put(t, o, "theirs", "2")
	wantKeys(t, s, "mine")
	wantKeys(t, o, "theirs")
}

// A damaged value hides no other one.
func TestKeysOfDamagedValues(t *testing.T) {
	t.Parallel()
	for what, how := range damages() {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s, _ := damaged(t, how)
			keys, failures := list(t.Context(), s)
			if !slices.Equal(keys, []string{"bob"}) || len(failures) != 1 || !errors.Is(failures[0], storage.ErrCorrupt) && !errors.Is(failures[0], storage.ErrKeyMissing) {
				t.Errorf("Keys: %q, %v", keys, failures)
			}
		})
	}
}

// A file that is renamed to the place of another key is not listed as that.
func TestKeysOfSwappedFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, config(dir))
	put(t, s, "alice", "value")
	path := only(t, dir, "*.sealed")
	if err := os.Rename(path, filepath.Join(dir, service+"-"+strings.Repeat("0", 32)+".sealed")); err != nil {
		t.Fatal(err)
	}
	if keys, failures := list(t.Context(), s); len(keys) > 0 || len(failures) != 1 || !errors.Is(failures[0], storage.ErrCorrupt) {
		t.Errorf("Keys: %q, %v", keys, failures)
	}
}

func TestKeysWithoutKey(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, config(dir))
	put(t, s, "alice", "value")
	if err := os.Remove(filepath.Join(dir, "test.key")); err != nil {
		t.Fatal(err)
	}
	keys, failures := list(t.Context(), s)
	if len(keys) > 0 || len(failures) != 1 || !errors.Is(failures[0], storage.ErrKeyMissing) || errors.Is(failures[0], fs.ErrNotExist) {
		t.Errorf("Keys: %q, %v", keys, failures)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	wantKeys(t, s)
}
