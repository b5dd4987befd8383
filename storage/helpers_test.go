package storage_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/storage"
)

const service = "chatelaine-test"

// keyFile is a KeySource that keeps the key in the clear beside the values, for
// tests of everything else.
type keyFile string

func (k keyFile) LoadKey(context.Context) ([]byte, error) { return os.ReadFile(string(k)) }

func (k keyFile) CreateKey(context.Context) ([]byte, error) {
	key := make([]byte, storage.KeySize)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	temp := string(k) + rand.Text()
	if err := os.WriteFile(temp, key, 0o600); err != nil {
		return nil, err
	}
	return key, os.Rename(temp, string(k))
}

func config(dir string) storage.SealedConfig {
	return storage.SealedConfig{Dir: dir, Service: service, Key: keyFile(filepath.Join(dir, "test.key"))}
}

func open(t *testing.T, cfg storage.SealedConfig) *storage.Sealed {
	t.Helper()
	s, err := storage.OpenSealed(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func returning(value string) func(context.Context, []byte) ([]byte, error) {
	return func(context.Context, []byte) ([]byte, error) { return []byte(value), nil }
}

func put(t *testing.T, s storage.Store, key, value string) {
	t.Helper()
	if err := s.Update(t.Context(), key, returning(value)); err != nil {
		t.Fatalf("Update(%q): %v", key, err)
	}
}

func wantValue(t *testing.T, s storage.Store, key, want string) {
	t.Helper()
	got, err := s.Load(t.Context(), key)
	if err != nil || string(got) != want {
		t.Fatalf("Load(%q) = %.60q, %v; want %.60q", key, got, err, want)
	}
}

// wantRefused checks that neither Load nor Update gets at a value, that both
// say why, and that no callback runs and no file changes.
func wantRefused(t *testing.T, s storage.Store, dir, key string, kinds ...error) {
	t.Helper()
	before := snapshot(t, dir)
	value, err := s.Load(t.Context(), key)
	if value != nil || !isOne(err, kinds) {
		t.Fatalf("Load = %q, %v; want one of %v", value, err, kinds)
	}
	called := false
	err = s.Update(t.Context(), key, func(context.Context, []byte) ([]byte, error) {
		called = true
		return nil, nil
	})
	if called || !isOne(err, kinds) {
		t.Fatalf("Update: callback called %t, %v; want one of %v", called, err, kinds)
	}
	if after := snapshot(t, dir); before != after {
		t.Fatalf("files changed from\n%s\nto\n%s", before, after)
	}
}

func isOne(err error, kinds []error) bool {
	for _, kind := range kinds {
		if errors.Is(err, kind) {
			return !errors.Is(err, fs.ErrNotExist) && strings.HasPrefix(err.Error(), "storage: ")
		}
	}
	return false
}

// snapshot describes all files in dir but the locks.
func snapshot(t *testing.T, dir string) string {
	t.Helper()
	var b bytes.Buffer
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) == ".lock" {
			return err
		}
		content, err := os.ReadFile(filepath.Join(dir, path))
		b.WriteString(path + " ")
		b.Write(content)
		b.WriteByte('\n')
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// symlink makes a symbolic link. On Windows that takes a privilege, and wine says that it has made one
// when it has not.
func symlink(t *testing.T, target, link string) {
	t.Helper()
	err := os.Symlink(target, link)
	if err == nil {
		_, err = os.Lstat(link)
	}
	if err != nil && runtime.GOOS == "windows" {
		t.Skip("no symbolic links here: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// only returns the one file in dir that matches pattern.
func only(t *testing.T, dir, pattern string) string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(paths) != 1 {
		t.Fatalf("%s: %q, %v; want one", pattern, paths, err)
	}
	return paths[0]
}
