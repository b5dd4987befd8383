package storage_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/chatelaine-go/chatelaine/storage"
)

// damage puts content in place of the file at path, and the original back
// after check has run.
func damage(t *testing.T, path string, content []byte, check func()) {
	t.Helper()
	original, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, content)
	check()
	write(t, path, original)
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestEveryFlippedByteIsAnError(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, config(dir))
	put(t, s, "default", "the session")
	path := only(t, dir, "*.sealed")
	sealed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range sealed {
		flipped := bytes.Clone(sealed)
		flipped[i] ^= 0xff
		kind := storage.ErrCorrupt
		switch {
		case i == 8:
			kind = storage.ErrTooNew
		case i >= 12 && i < 20:
			kind = storage.ErrKeyMissing
		}
		damage(t, path, flipped, func() { wantRefused(t, s, dir, "default", kind) })
	}
	wantValue(t, s, "default", "the session")
}

func TestEveryTruncationIsAnError(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, config(dir))
	put(t, s, "default", "the session")
	path := only(t, dir, "*.sealed")
	sealed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for n := range sealed {
		damage(t, path, sealed[:n], func() { wantRefused(t, s, dir, "default", storage.ErrCorrupt) })
	}
	wantValue(t, s, "default", "the session")
}

func TestSwappedBetweenKeys(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, config(dir))
	put(t, s, "alice", "session of alice")
	alice := only(t, dir, "*.sealed")
	content, err := os.ReadFile(alice)
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, "bob", "session of bob")
	paths, err := filepath.Glob(filepath.Join(dir, "*.sealed"))
	if err != nil || len(paths) != 2 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		write(t, path, content)
	}
	wantRefused(t, s, dir, "bob", storage.ErrCorrupt)
	wantValue(t, s, "alice", "session of alice")
}

func TestSwappedBetweenServices(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mine, other := config(dir), config(dir)
	other.Service = "another" // with the same key, which is as bad as it gets
	put(t, open(t, mine), "default", "session of mine")
	from := only(t, dir, service+"-*.sealed")
	o := open(t, other)
	put(t, o, "default", "session of another")
	to := only(t, dir, "another-*.sealed")
	content, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	write(t, to, content)
	wantRefused(t, o, dir, "default", storage.ErrCorrupt)
	wantValue(t, open(t, mine), "default", "session of mine")
}

func TestNewerFileIsLeftAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, config(dir))
	put(t, s, "default", "the session")
	write(t, only(t, dir, "*.sealed"), []byte("CHATLAIN\x03 not known yet"))
	wantRefused(t, s, dir, "default", storage.ErrTooNew)
}

func TestKeyGone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, config(dir))
	put(t, s, "default", "the session")
	key := filepath.Join(dir, "test.key")
	saved, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	wantRefused(t, s, dir, "default", storage.ErrKeyMissing)
	if err := s.Unlock(t.Context()); !isOne(err, []error{storage.ErrKeyMissing}) {
		t.Errorf("Unlock: %v", err)
	}
	// A new value under another key must not be sealed with a new key either.
	called := false
	err = s.Update(t.Context(), "another", func(context.Context, []byte) ([]byte, error) {
		called = true
		return []byte("value"), nil
	})
	if called || !errors.Is(err, storage.ErrKeyMissing) {
		t.Errorf("Update of another key: %t, %v", called, err)
	}
	// Another user's key does not open it either.
	write(t, key, bytes.Repeat([]byte{7}, storage.KeySize))
	wantRefused(t, s, dir, "default", storage.ErrKeyMissing)
	write(t, key, saved)
	wantValue(t, s, "default", "the session")
}

func TestNoKeyNoValueIsAbsent(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := open(t, config(dir)).Load(t.Context(), "default"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Load: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "test.key")); err == nil {
		t.Error("Load created a key")
	}
}

// What is not a regular file must not be followed, waited for, or swallowed whole.
func TestNotAFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, config(dir))
	put(t, s, "default", "the session")
	path := only(t, dir, "*.sealed")
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	if err := os.Rename(path, elsewhere); err != nil {
		t.Fatal(err)
	}
	fails := func(what string) {
		t.Helper()
		if value, err := s.Load(t.Context(), "default"); !errors.Is(err, storage.ErrCorrupt) || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: Load = %q, %v", what, value, err)
		}
		if err := s.Update(t.Context(), "default", returning("new")); !errors.Is(err, storage.ErrCorrupt) {
			t.Errorf("%s: Update: %v", what, err)
		}
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	fails("directory")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 1<<30); err != nil { // sparse
		t.Fatal(err)
	}
	fails("huge file")
	symlink(t, elsewhere, path) // the last one, because it may skip
	fails("symbolic link")
}
