package storage_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
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
	ofKeys := filepath.Join(dir, service+"-"+strings.Repeat("?", 32)+".*") // the neighbor's are longer
	if left, err := filepath.Glob(ofKeys); err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
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

// TestPurge_besideUpdates: however often Purge removes lock files, no two Updates of a key run at
// once, and when all is over only the lock of the service is left.
func TestPurge_besideUpdates(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	stores := []*storage.Sealed{open(t, config(dir)), open(t, config(dir))}
	var inside [2]atomic.Int32
	var updates sync.WaitGroup
	for i := range 8 {
		key := i % len(inside)
		updates.Go(func() {
			for range 20 {
				err := stores[i/4].Update(t.Context(), strconv.Itoa(key), func(context.Context, []byte) ([]byte, error) {
					if inside[key].Add(1) != 1 {
						t.Error("two at once")
					}
					runtime.Gosched()
					inside[key].Add(-1)
					return []byte("value"), nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	over := make(chan struct{})
	go func() { updates.Wait(); close(over) }()
	for running := true; running; {
		select {
		case <-over:
			running = false
		default:
		}
		if err := stores[0].Purge(t.Context(), nil); err != nil {
			t.Error(err)
		}
	}
	only(t, dir, "*.lock")
}

func TestPurgeRemovesDamagedValues(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, config(dir))
	put(t, s, "a", "1")
	path := only(t, dir, "*.sealed")
	write(t, path, []byte("garbage"))
	write(t, path+".tmp-left", []byte("garbage")) // as earlier versions did
	write(t, temp(path, "LEFT"), []byte("garbage"))
	foreign := temp(filepath.Join(dir, "another-"+strings.Repeat("0", 32)+".sealed"), "LEFT")
	write(t, foreign, []byte("in use"))
	if err := s.Purge(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	for _, pattern := range []string{path + "*", temp(path, "*")} {
		if left, _ := filepath.Glob(pattern); len(left) > 0 {
			t.Errorf("left behind: %q", left)
		}
	}
	if _, err := os.Stat(foreign); err != nil {
		t.Errorf("of another service: %v", err)
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
	old, young, foreign := temp(path, "OLD"), temp(path, "YOUNG"), temp(filepath.Join(dir, "x"), "OLD")
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

// temp is the path of a temporary file of the file at path.
func temp(path, random string) string {
	return filepath.Join(filepath.Dir(path), "tmp", filepath.Base(path)+".tmp-"+random)
}

// Keys without a value leave nothing behind, however they came to have none.
func TestNothingIsLeftOfAbsentKeys(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, config(dir))
	put(t, s, "stays", "value")
	failure := errors.New("failure")
	for what, leave := range map[string]func(key string) error{
		"deleted":     func(key string) error { put(t, s, key, "value"); return s.Update(t.Context(), key, nothing) },
		"removed":     func(key string) error { put(t, s, key, "value"); return s.Remove(t.Context(), key) },
		"never there": func(key string) error { return s.Update(t.Context(), key, nothing) },
		"not removed": func(key string) error { return s.Remove(t.Context(), key) },
		"failed": func(key string) error {
			err := s.Update(t.Context(), key, func(context.Context, []byte) ([]byte, error) { return nil, failure })
			if errors.Is(err, failure) {
				return nil
			}
			return err
		},
	} {
		if err := leave(what); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		only(t, dir, service+"-*.lock")
		only(t, dir, service+"-*.sealed")
		if left, _ := filepath.Glob(filepath.Join(dir, "tmp", "*")); len(left) > 0 {
			t.Errorf("%s: left behind: %q", what, left)
		}
	}
}

func nothing(context.Context, []byte) ([]byte, error) { return nil, nil }

// Opening removes what a killed process left of a key that is not used again.
func TestOldLeftoversOfDeadKeys(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, open(t, config(dir)), "a", "1")
	litter := temp(filepath.Join(dir, service+"-"+strings.Repeat("0", 32)+".sealed"), "DEAD")
	write(t, litter, nil)
	for age, left := range map[time.Duration]bool{time.Hour: true, 48 * time.Hour: false} {
		then := time.Now().Add(-age)
		write(t, litter, nil)
		if err := os.Chtimes(litter, then, then); err != nil {
			t.Fatal(err)
		}
		open(t, config(dir))
		if _, err := os.Stat(litter); (err == nil) != left {
			t.Errorf("after %v: %v", age, err)
		}
	}
}
