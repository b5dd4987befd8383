package storage_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/storage"
)

func TestPurge(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, config(dir))
	other := config(dir)
	other.Service = service + "-2" // begins with the same letters
	neighbor := open(t, other)
	put(t, s, "a", "1")
	put(t, s, "b", "2")
	put(t, neighbor, "a", "3")
	write(t, filepath.Join(dir, "unrelated.sealed"), []byte("not ours"))
	write(t, filepath.Join(dir, service+"-short.sealed"), []byte("not ours"))

	forgotten := false
	if err := s.Purge(t.Context(), func(context.Context) error { forgotten = true; return nil }); err != nil || !forgotten {
		t.Fatal(forgotten, err)
	}
	for _, key := range []string{"a", "b"} {
		if _, err := s.Load(t.Context(), key); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", key, err)
		}
	}
	wantValue(t, neighbor, "a", "3")
	for _, name := range []string{"unrelated.sealed", service + "-short.sealed"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	put(t, s, "a", "again")
	wantValue(t, s, "a", "again")
	failure := errors.New("locked")
	if err := s.Purge(t.Context(), func(context.Context) error { return failure }); !errors.Is(err, failure) {
		t.Error(err)
	}
	if err := s.Purge(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

func TestPurgeRemovesDamagedValues(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, config(dir))
	put(t, s, "a", "1")
	path := only(t, dir, "*.sealed")
	write(t, path, []byte("garbage"))
	write(t, path+".tmp-left", []byte("garbage"))
	if err := s.Purge(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(path + "*"); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
	put(t, s, "a", "again")
}

func TestPurgeWaitsForUpdates(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, config(dir))
	err := s.Update(t.Context(), "a", func(context.Context, []byte) ([]byte, error) {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		defer cancel()
		if err := s.Purge(ctx, nil); !errors.Is(err, storage.ErrBusy) {
			t.Errorf("Purge during an Update: %v", err)
		}
		return []byte("value"), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	wantValue(t, s, "a", "value")
	// And the other way round.
	err = s.Purge(t.Context(), func(context.Context) error {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		defer cancel()
		if err := s.Update(ctx, "a", returning("x")); !errors.Is(err, storage.ErrBusy) {
			t.Errorf("Update during a Purge: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestLeftoversAreSwept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, config(dir))
	put(t, s, "a", "1")
	path := only(t, dir, "*.sealed")
	old, young, foreign := path+".tmp-OLD", path+".tmp-YOUNG", filepath.Join(dir, "x.tmp-OLD")
	for _, name := range []string{old, young, foreign} {
		write(t, name, []byte("left by a killed process"))
	}
	past := time.Now().Add(-time.Hour)
	for _, name := range []string{old, foreign} {
		if err := os.Chtimes(name, past, past); err != nil {
			t.Fatal(err)
		}
	}
	exists := func(name string) bool { _, err := os.Stat(name); return err == nil }
	put(t, s, "a", "2")
	if exists(old) || !exists(young) || !exists(foreign) {
		t.Errorf("after Update: old %t, young %t, foreign %t", exists(old), exists(young), exists(foreign))
	}
	if err := s.Update(t.Context(), "a", func(context.Context, []byte) ([]byte, error) { return nil, nil }); err != nil {
		t.Fatal(err)
	}
	if exists(path) || exists(young) || !exists(foreign) {
		t.Errorf("after deleting: value %t, young %t, foreign %t", exists(path), exists(young), exists(foreign))
	}
}
