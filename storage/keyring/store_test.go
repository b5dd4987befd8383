package keyring_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

func passphrase(p string) func(string) (string, error) {
	return func(string) (string, error) { return p, nil }
}

func fileConfig(dir string) keyring.Config {
	return keyring.Hurried(keyring.Config{
		Service:    "chatelaine-test",
		Backend:    "file",
		Dir:        dir,
		Passphrase: passphrase("correct horse battery staple"),
	})
}

func put(t *testing.T, s storage.Store, key, value string) {
	t.Helper()
	if err := s.Update(t.Context(), key, func(context.Context, []byte) ([]byte, error) { return []byte(value), nil }); err != nil {
		t.Fatalf("Update(%q): %v", key, err)
	}
}

func wantValue(t *testing.T, s storage.Store, key, want string) {
	t.Helper()
	got, err := s.Load(t.Context(), key)
	if err != nil || string(got) != want {
		t.Fatalf("Load(%q) = %q, %v; want %q", key, got, err, want)
	}
}

func open(t *testing.T, cfg keyring.Config) *keyring.Store {
	t.Helper()
	s, err := keyring.Open(t.Context(), cfg)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestValueSurvivesReopening(t *testing.T) {
	t.Parallel()
	cfg := fileConfig(t.TempDir())
	put(t, open(t, cfg), "default", "session 1")
	again := open(t, cfg)
	wantValue(t, again, "default", "session 1")
	if got := again.Backend(); got != "file" {
		t.Errorf("Backend() = %q, want file", got)
	}
	cfg.Backend = ""
	remembering := open(t, cfg)
	wantValue(t, remembering, "default", "session 1")
}

func TestWrongPassphraseDestroysNothing(t *testing.T) {
	t.Parallel()
	cfg := fileConfig(t.TempDir())
	put(t, open(t, cfg), "default", "session 1")
	before := snapshot(t, cfg.Dir)

	wrong := cfg
	wrong.Passphrase = passphrase("wrong")
	if _, err := keyring.Open(t.Context(), wrong); !errors.Is(err, keyring.ErrWrongPassphrase) || errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("Open with a wrong passphrase: %v", err)
	}
	if after := snapshot(t, cfg.Dir); !equal(before, after) {
		t.Errorf("files changed: %v -> %v", before, after)
	}
	wantValue(t, open(t, cfg), "default", "session 1")
}

func TestPurgeRemovesValuesAndKey(t *testing.T) {
	t.Parallel()
	cfg := fileConfig(t.TempDir())
	s := open(t, cfg)
	put(t, s, "default", "session 1")
	if err := s.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name := range snapshot(t, cfg.Dir) {
		if filepath.Ext(name) != ".lock" {
			t.Errorf("left behind: %s", name)
		}
	}
	if _, err := s.Load(t.Context(), "default"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Load after Purge: %v", err)
	}
	put(t, s, "default", "session 2")
	wantValue(t, open(t, cfg), "default", "session 2")
}

func TestNoGoroutineIsLeft(t *testing.T) {
	t.Parallel()
	wantSaid(t, output(t, []string{"DBUS_SESSION_BUS_ADDRESS=disabled:"}, "leaks", "file", t.TempDir()), "done")
}

// snapshot returns the content of every file below dir.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		files[rel] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func equal(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for name, content := range a {
		if b[name] != content {
			return false
		}
	}
	return true
}
