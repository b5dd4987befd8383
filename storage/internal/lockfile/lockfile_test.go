package lockfile_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/storage/internal/lockfile"
)

func briefly(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*lockfile.Poll)
	t.Cleanup(cancel)
	return ctx
}

func TestWhoKeepsOutWhom(t *testing.T) {
	t.Parallel()
	kinds := map[string]func(context.Context, string) (*lockfile.Lock, error){"exclusive": lockfile.Exclusive, "shared": lockfile.Shared}
	for first, take := range kinds {
		for second, try := range kinds {
			path := filepath.Join(t.TempDir(), "lock")
			held, err := take(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			also, err := try(briefly(t), path)
			if together := first == "shared" && second == "shared"; together != (err == nil) {
				t.Errorf("%s after %s: %v", second, first, err)
			}
			if err == nil {
				also.Unlock()
			} else if !errors.Is(err, lockfile.ErrBusy) || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s after %s: %v", second, first, err)
			}
			held.Unlock()
			if also, err = try(t.Context(), path); err != nil {
				t.Errorf("%s when %s is over: %v", second, first, err)
			} else {
				also.Unlock()
			}
		}
	}
}

func TestCanceledBefore(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	path := filepath.Join(t.TempDir(), "lock")
	for _, lock := range []func(context.Context, string) (*lockfile.Lock, error){lockfile.Exclusive, lockfile.Shared} {
		if _, err := lock(ctx, path); !errors.Is(err, lockfile.ErrBusy) || !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a lock file was made")
	}
}

func TestNoDirectory(t *testing.T) {
	t.Parallel()
	if _, err := lockfile.Exclusive(t.Context(), filepath.Join(t.TempDir(), "none", "lock")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

// The lock file is removed again and again, as a careless user would. Then two
// holders of two files are possible, but no one hangs and no one fails.
func TestRemovedAgainAndAgain(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	var taken atomic.Int32
	stop := make(chan struct{})
	var wg, remover sync.WaitGroup
	remover.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				_ = os.Remove(path)
			}
		}
	})
	for range 4 {
		wg.Go(func() {
			for range 50 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				lock, err := lockfile.Shared(ctx, path)
				cancel()
				if err != nil {
					t.Error(err)
					return
				}
				taken.Add(1)
				lock.Unlock()
			}
		})
	}
	wg.Wait()
	close(stop)
	remover.Wait()
	if taken.Load() != 200 {
		t.Errorf("taken %d times", taken.Load())
	}
}

// Removing the file ends a lock like any other end: there is one holder at a
// time, and in the end no file.
func TestRemove(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	var holders, most atomic.Int32
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				lock, err := lockfile.Exclusive(t.Context(), path)
				if err != nil {
					t.Error(err)
					return
				}
				most.Store(max(most.Load(), holders.Add(1)))
				holders.Add(-1)
				lock.Remove()
			}
		})
	}
	wg.Wait()
	if most.Load() != 1 {
		t.Errorf("%d holders at a time", most.Load())
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file is left: %v", err)
	}
}

// TestRemoveIfFree removes a file only if its lock is free.
func TestRemoveIfFree(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	gone := func() bool { _, err := os.Lstat(path); return errors.Is(err, fs.ErrNotExist) }
	held, err := lockfile.Exclusive(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := lockfile.RemoveIfFree(path); err != nil || gone() || held.Lost() {
		t.Errorf("while it is held: %v, gone: %t", err, gone())
	}
	held.Unlock()
	for _, what := range []string{"free", "missing"} {
		if err := lockfile.RemoveIfFree(path); err != nil || !gone() {
			t.Errorf("%s: %v, gone: %t", what, err, gone())
		}
	}
	if err := lockfile.RemoveIfFree(filepath.Join(path, "below")); err == nil {
		t.Error("no error without a directory")
	}
}
