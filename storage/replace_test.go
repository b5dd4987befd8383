package storage_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/chatelaine-go/chatelaine/storage"
)

// damages are what can be wrong with one sealed file.
func damages() map[string]func(t *testing.T, path string) {
	return map[string]func(t *testing.T, path string){
		"garbage": func(t *testing.T, path string) { t.Helper(); write(t, path, []byte("garbage")) },
		"empty":   func(t *testing.T, path string) { t.Helper(); write(t, path, nil) },
		"flipped": func(t *testing.T, path string) { t.Helper(); flip(t, path, 60) },
		"other key": func(t *testing.T, path string) {
			t.Helper()
			flip(t, path, 12)
		},
		"directory": func(t *testing.T, path string) {
			t.Helper()
			if err := errors.Join(os.Remove(path), os.Mkdir(path, 0o700)); err != nil {
				t.Fatal(err)
			}
		},
		"link": func(t *testing.T, path string) {
			t.Helper()
			target := filepath.Join(t.TempDir(), "target")
			write(t, target, []byte("precious"))
			t.Cleanup(func() {
				if content, err := os.ReadFile(target); string(content) != "precious" {
					t.Errorf("the target of the link: %q, %v", content, err)
				}
			})
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			symlink(t, target, path)
		},
	}
}

func flip(t *testing.T, path string, at int) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	content[at] ^= 0xff
	write(t, path, content)
}

// damaged returns a store with an intact value under "bob" and a damaged one
// under "alice".
func damaged(t *testing.T, how func(t *testing.T, path string)) (s *storage.Sealed, dir string) {
	t.Helper()
	dir = t.TempDir()
	s = open(t, config(dir))
	put(t, s, "alice", "session of alice")
	path := only(t, dir, "*.sealed")
	put(t, s, "bob", "session of bob")
	how(t, path)
	if _, err := s.Load(t.Context(), "alice"); !errors.Is(err, storage.ErrCorrupt) && !errors.Is(err, storage.ErrKeyMissing) {
		t.Fatalf("not damaged: %v", err)
	}
	return s, dir
}

// One damaged file concerns one key: it can be replaced or removed by itself.
func TestReplaceDamaged(t *testing.T) {
	t.Parallel()
	for what, how := range damages() {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s, _ := damaged(t, how)
			if err := s.Update(t.Context(), "alice", returning("new")); err == nil {
				t.Error("Update wrote over a damaged value")
			}
			err := s.Replace(t.Context(), "alice", func(_ context.Context, old []byte) ([]byte, error) {
				if old != nil {
					t.Errorf("fn got %q", old)
				}
				return []byte("new"), nil
			})
			if err != nil {
				t.Fatal(err)
			}
			wantValue(t, s, "alice", "new")
			wantValue(t, s, "bob", "session of bob")
		})
		t.Run(what+", to nil", func(t *testing.T) {
			t.Parallel()
			s, _ := damaged(t, how)
			wantAbsentAfter(t, s, func() error { return s.Replace(t.Context(), "alice", nothing) })
		})
		t.Run(what+", removed", func(t *testing.T) {
			t.Parallel()
			s, dir := damaged(t, how)
			if err := os.Rename(filepath.Join(dir, "test.key"), filepath.Join(dir, "away.key")); err != nil {
				t.Fatal(err)
			}
			wantAbsentAfter(t, s, func() error {
				return errors.Join(s.Remove(t.Context(), "alice"), os.Rename(filepath.Join(dir, "away.key"), filepath.Join(dir, "test.key")))
			})
		})
	}
}

func wantAbsentAfter(t *testing.T, s *storage.Sealed, remove func() error) {
	t.Helper()
	if err := remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Load(t.Context(), "alice"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Load: %v", err)
	}
	wantValue(t, s, "bob", "session of bob")
	put(t, s, "alice", "again")
}

// A callback that fails leaves even a damaged value unchanged.
func TestReplaceFails(t *testing.T) {
	t.Parallel()
	s, dir := damaged(t, damages()["garbage"])
	before := snapshot(t, dir)
	failure := errors.New("failure")
	err := s.Replace(t.Context(), "alice", func(context.Context, []byte) ([]byte, error) { return nil, failure })
	if !errors.Is(err, failure) || snapshot(t, dir) != before {
		t.Errorf("Replace: %v; files changed: %t", err, snapshot(t, dir) != before)
	}
}

// Of an intact value, and of one that only a newer program can read, Replace
// knows no more than Update.
func TestReplaceIntact(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, s := range map[string]interface {
		storage.Store
		storage.Replacer
	}{"sealed": open(t, config(dir)), "memory": storage.NewMemory()} {
		put(t, s, "default", "old")
		err := s.Replace(t.Context(), "default", func(_ context.Context, old []byte) ([]byte, error) {
			return append(old, " and new"...), nil
		})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		wantValue(t, s, "default", "old and new")
		err = s.Replace(t.Context(), "default", func(ctx context.Context, _ []byte) ([]byte, error) {
			return nil, errors.Join(s.Replace(ctx, "default", nothing), s.Remove(ctx, "default"))
		})
		if !errors.Is(err, storage.ErrNested) {
			t.Errorf("%s: nested: %v", name, err)
		}
	}
	path := only(t, dir, "*.sealed")
	flip(t, path, 8)
	s := open(t, config(dir))
	if err := s.Replace(t.Context(), "default", returning("x")); !errors.Is(err, storage.ErrTooNew) {
		t.Errorf("newer: %v", err)
	}
	for range 2 {
		if err := s.Remove(t.Context(), "default"); err != nil {
			t.Errorf("Remove: %v", err)
		}
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Remove(canceled, "default"); !errors.Is(err, context.Canceled) {
		t.Errorf("Remove, canceled: %v", err)
	}
}
