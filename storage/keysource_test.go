package storage_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/storage"
)

// A source is a KeySource that the test controls.
type source struct{ load, create func() ([]byte, error) }

func (s *source) LoadKey(context.Context) ([]byte, error)   { return s.load() }
func (s *source) CreateKey(context.Context) ([]byte, error) { return s.create() }

func says(key []byte, err error) func() ([]byte, error) {
	return func() ([]byte, error) { return append([]byte(nil), key...), err }
}

func wantNoCall(t *testing.T, s storage.Store, check func(error) bool) {
	t.Helper()
	called := false
	err := s.Update(t.Context(), "default", func(context.Context, []byte) ([]byte, error) {
		called = true
		return []byte("value"), nil
	})
	if called || err == nil || errors.Is(err, fs.ErrNotExist) || !check(err) {
		t.Errorf("Update: callback called %t, %v", called, err)
	}
}

func TestKeySourceFails(t *testing.T) {
	t.Parallel()
	locked := errors.New("locked")
	good := make([]byte, storage.KeySize)
	for name, c := range map[string]struct {
		source source
		check  func(error) bool
	}{
		"locked":           {source{says(nil, locked), nil}, func(err error) bool { return errors.Is(err, locked) }},
		"short key":        {source{says(good[:31], nil), nil}, func(err error) bool { return strings.Contains(err.Error(), "31 bytes") }},
		"cannot create":    {source{says(nil, fs.ErrNotExist), says(nil, locked)}, func(err error) bool { return errors.Is(err, locked) }},
		"creates in vain":  {source{says(nil, fs.ErrNotExist), says(good, nil)}, func(error) bool { return true }},
		"program missing":  {source{says(nil, fs.ErrNotExist), says(nil, &fs.PathError{Err: fs.ErrNotExist})}, func(error) bool { return true }},
		"no key, no error": {source{says(nil, nil), nil}, func(err error) bool { return strings.Contains(err.Error(), "0 bytes") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			cfg := config(dir)
			cfg.Key = &c.source
			s := open(t, cfg)
			wantNoCall(t, s, c.check)
			if err := s.Unlock(t.Context()); name != "creates in vain" && (err == nil || errors.Is(err, fs.ErrNotExist) || !c.check(err)) {
				t.Errorf("Unlock: %v", err)
			}
			// With a value, Load needs the key, too.
			put(t, open(t, config(dir)), "default", "value")
			if value, err := s.Load(t.Context(), "default"); value != nil || err == nil || errors.Is(err, fs.ErrNotExist) {
				t.Errorf("Load: %q, %v", value, err)
			}
		})
	}
}

// A source that panics leaves no lock behind.
func TestKeySourcePanics(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cfg := config(dir)
	cfg.Key = &source{load: func() ([]byte, error) { return make([]byte, 1)[1:][:1:1], nil }}
	s := open(t, cfg)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic did not reach the caller")
			}
		}()
		_ = s.Update(t.Context(), "default", returning("value"))
	}()
	good := open(t, config(dir))
	put(t, good, "default", "value")
	if err := good.Purge(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

func TestUnlockCreatesTheKey(t *testing.T) {
	t.Parallel()
	cfg := config(t.TempDir())
	s := open(t, cfg)
	for range 2 {
		if err := s.Unlock(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(filepath.Join(cfg.Dir, "test.key")); err != nil {
		t.Error(err)
	}
}

// The directory is replaced by a file under a running program.
func TestDirBecomesAFile(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "state")
	s := open(t, config(dir))
	put(t, s, "default", "value")
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	write(t, dir, nil)
	if _, err := s.Load(t.Context(), "default"); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Load: %v", err)
	}
	wantNoCall(t, s, func(err error) bool { return strings.Contains(err.Error(), "directory") })
	if err := s.Purge(t.Context(), nil); err == nil {
		t.Error("Purge succeeded")
	}
}

// If a value cannot be put in its place, the previous one stays.
func TestPlaceIsTaken(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, config(dir))
	put(t, s, "default", "value")
	path := only(t, dir, "*.sealed")
	called := false
	err := s.Update(t.Context(), "default", func(context.Context, []byte) ([]byte, error) {
		called = true
		if err := os.Remove(path); err != nil {
			return nil, err
		}
		return []byte("new"), os.MkdirAll(filepath.Join(path, "taken"), 0o700)
	})
	if !called || err == nil || !strings.Contains(err.Error(), "could not be stored") {
		t.Errorf("Update: called %t, %v", called, err)
	}
	if left, _ := filepath.Glob(temp(path, "*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
	// Nor can it be deleted.
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
	put(t, s, "default", "value")
	err = s.Update(t.Context(), "default", func(context.Context, []byte) ([]byte, error) {
		return nil, errors.Join(os.Remove(path), os.MkdirAll(filepath.Join(path, "taken"), 0o700))
	})
	if err == nil || !strings.Contains(err.Error(), "storage: delete") {
		t.Errorf("Update to nil: %v", err)
	}
	if err := s.Purge(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "storage: purge") {
		t.Errorf("Purge: %v", err)
	}
}
