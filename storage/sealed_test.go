package storage_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/storage"
)

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	_, err := storage.OpenSealed(storage.SealedConfig{})
	if err == nil {
		t.Fatal("the zero config was taken")
	}
	for _, field := range []string{"SealedConfig.Dir", "SealedConfig.Service", "SealedConfig.Key"} {
		if !strings.Contains(err.Error(), field) {
			t.Errorf("%v: does not name %s", err, field)
		}
	}
	for _, name := range []string{"", "a/b", "..", ".a", "-a", "a b", "ä", "a\x00", strings.Repeat("a", 65)} {
		cfg := config(t.TempDir())
		cfg.Service = name
		if _, err := storage.OpenSealed(cfg); err == nil {
			t.Errorf("service %q was taken", name)
		}
	}
	for _, name := range []string{"a", "A.b-c_9", strings.Repeat("a", 64)} {
		cfg := config(t.TempDir())
		cfg.Service = name
		if _, err := storage.OpenSealed(cfg); err != nil {
			t.Errorf("service %q: %v", name, err)
		}
	}
}

func TestDirIsAFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	write(t, path, nil)
	for _, dir := range []string{path, filepath.Join(path, "below")} {
		if _, err := storage.OpenSealed(config(dir)); err == nil || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", dir, err)
		}
	}
}

// A directory that was removed under a running program is made again.
func TestDirRemoved(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "state")
	cfg := config(dir)
	cfg.Key = keyFile(filepath.Join(t.TempDir(), "test.key"))
	s := open(t, cfg)
	put(t, s, "default", "value 1")
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Load(t.Context(), "default"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Load: %v", err)
	}
	put(t, s, "default", "value 2")
	wantValue(t, s, "default", "value 2")
}

func TestLimits(t *testing.T) {
	t.Parallel()
	for _, s := range []storage.Store{storage.NewMemory(), open(t, config(t.TempDir()))} {
		long := strings.Repeat("k", 1024)
		put(t, s, long, "value")
		wantValue(t, s, long, "value")
		if _, err := s.Load(t.Context(), long+"k"); !errors.Is(err, storage.ErrTooLarge) {
			t.Errorf("Load of a long key: %v", err)
		}
		if err := s.Update(t.Context(), long+"k", returning("")); !errors.Is(err, storage.ErrTooLarge) {
			t.Errorf("Update of a long key: %v", err)
		}
		most := strings.Repeat("v", 16<<20)
		put(t, s, "big", most)
		wantValue(t, s, "big", most)
		err := s.Update(t.Context(), "big", returning(most+"v"))
		if !errors.Is(err, storage.ErrTooLarge) {
			t.Errorf("Update to a long value: %v", err)
		}
		wantValue(t, s, "big", most)
	}
}

func TestNestedUpdateFailsAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, second := open(t, config(dir)), open(t, config(dir))
	memory := storage.NewMemory()
	for name, pair := range map[string][2]storage.Store{"memory": {memory, memory}, "sealed": {s, s}, "two on one directory": {s, second}} {
		var inner, deep, apart error
		contexts := make(chan context.Context, 1)
		err := pair[0].Update(t.Context(), "a", func(ctx context.Context, _ []byte) ([]byte, error) {
			contexts <- ctx
			inner = pair[1].Update(ctx, "a", returning("x"))
			apart = pair[1].Update(ctx, "b", func(ctx context.Context, _ []byte) ([]byte, error) {
				deep = pair[1].Update(ctx, "a", returning("x"))
				return []byte("b"), nil
			})
			return []byte("a"), nil
		})
		if err != nil || apart != nil || !errors.Is(inner, storage.ErrNested) || !errors.Is(deep, storage.ErrNested) {
			t.Errorf("%s: outer %v, other key %v, inner %v, deep %v", name, err, apart, inner, deep)
		}
		// The context of a callback that has returned is good for anything.
		later := <-contexts
		if err := pair[1].Update(later, "a", returning("later")); err != nil {
			t.Errorf("%s: afterwards: %v", name, err)
		}
		if err := storage.NewMemory().Update(later, "a", returning("later")); err != nil {
			t.Errorf("%s: another store: %v", name, err)
		}
	}
}

// Waiting costs no time of its own in the bubble of synctest, in which a
// goroutine that waits for anything but a channel, a timer or a context would
// stop the clock.
func TestMemoryWaitersQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := storage.NewMemory()
		order := make(chan int, 10)
		var wg sync.WaitGroup
		for i := range cap(order) {
			wg.Go(func() {
				_ = s.Update(t.Context(), "k", func(context.Context, []byte) ([]byte, error) {
					order <- i
					<-time.After(time.Second)
					return nil, nil
				})
			})
			synctest.Wait()
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3500*time.Millisecond)
		defer cancel()
		start := time.Now()
		err := s.Update(ctx, "k", returning(""))
		if took := time.Since(start); !errors.Is(err, storage.ErrBusy) || !errors.Is(err, context.DeadlineExceeded) || took != 3500*time.Millisecond {
			t.Errorf("%v after %v", err, took)
		}
		wg.Wait()
		for want := range cap(order) {
			if got := <-order; got != want {
				t.Errorf("waiter %d came as number %d", got, want)
			}
		}
	})
}

func TestBusyMatchesTheContext(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, second := open(t, config(dir)), open(t, config(dir))
	err := s.Update(t.Context(), "default", func(context.Context, []byte) ([]byte, error) {
		for _, waiter := range []storage.Store{s, second} {
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
			err := waiter.Update(ctx, "default", returning("x"))
			cancel()
			if !errors.Is(err, storage.ErrBusy) || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("waiting: %v", err)
			}
			ctx, cancel = context.WithCancel(t.Context())
			cancel()
			if err := waiter.Update(ctx, "default", returning("x")); !errors.Is(err, storage.ErrBusy) || !errors.Is(err, context.Canceled) {
				t.Errorf("canceled: %v", err)
			}
		}
		return []byte("value"), nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestNothingIsWrittenWhenNothingChanges(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, config(dir))
	put(t, s, "default", "value")
	before := snapshot(t, dir)
	for _, fn := range []func(context.Context, []byte) ([]byte, error){
		func(_ context.Context, old []byte) ([]byte, error) { return old, nil },
		func(_ context.Context, old []byte) ([]byte, error) { return bytes.Clone(old), nil },
		func(context.Context, []byte) ([]byte, error) { return nil, errors.New("no") },
	} {
		_ = s.Update(t.Context(), "default", fn)
		if after := snapshot(t, dir); before != after { // a new nonce would show
			t.Errorf("files changed from\n%s\nto\n%s", before, after)
		}
	}
	// A callback that writes into its slice and returns it has changed the value.
	if err := s.Update(t.Context(), "default", func(_ context.Context, old []byte) ([]byte, error) {
		old[0] = 'V'
		return old, nil
	}); err != nil {
		t.Fatal(err)
	}
	wantValue(t, s, "default", "Value")
}

func TestSecretsStayOutOfLogs(t *testing.T) {
	t.Parallel()
	memory := storage.NewMemory()
	put(t, memory, "default", "hunter2")
	sealed := open(t, config(t.TempDir()))
	put(t, sealed, "default", "hunter2")
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if s := fmt.Sprintf(format+format, memory, sealed); strings.Contains(s, "hunter2") || strings.Contains(s, "0x") {
			t.Errorf("%s: %s", format, s)
		}
	}
}

// On many file systems services whose names differ only in case would share
// their lock.
func TestSimilarServices(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, open(t, config(dir)), "default", "value")
	similar := config(dir)
	similar.Service = strings.ToUpper(service)
	similar.Key = keyFile(filepath.Join(dir, "another.key"))
	s := open(t, similar)
	if err := s.Update(t.Context(), "default", returning("x")); err == nil || !strings.Contains(err.Error(), service) || !strings.Contains(err.Error(), "only in case") {
		t.Errorf("Update: %v", err)
	}
	for _, name := range []string{"nul", "COM1", "aux.x", "a."} {
		cfg := config(t.TempDir())
		cfg.Service = name
		if _, err := storage.OpenSealed(cfg); err == nil || !strings.Contains(err.Error(), "Windows") {
			t.Errorf("service %q: %v", name, err)
		}
	}
}

// TestLoadThroughAFile: a path that goes through a file, which Windows reports like a missing one,
// says nothing about the value. A directory that is gone took its values with it.
func TestLoadThroughAFile(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		replaced string // below the temporary directory
		file     bool
	}{
		"the directory became a file": {"above/dir", true},
		"its parent became a file":    {"above", true},
		"the directory is gone":       {"above/dir", false},
		"its parent is gone":          {"above", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			top := t.TempDir()
			s := open(t, config(filepath.Join(top, "above", "dir")))
			put(t, s, "default", "value")
			replaced := filepath.Join(top, filepath.FromSlash(c.replaced))
			if err := os.RemoveAll(replaced); err != nil {
				t.Fatal(err)
			}
			if c.file {
				write(t, replaced, nil)
			}
			value, err := s.Load(t.Context(), "default")
			if value != nil || err == nil || errors.Is(err, fs.ErrNotExist) == c.file {
				t.Errorf("Load = %q, %v", value, err)
			}
		})
	}
}
