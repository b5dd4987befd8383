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
	kinds := map[string]func(context.Context, string) (func(), error){"exclusive": lockfile.Exclusive, "shared": lockfile.Shared}
	for first, take := range kinds {
		for second, try := range kinds {
			path := filepath.Join(t.TempDir(), "lock")
			release, err := take(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			also, err := try(briefly(t), path)
			if together := first == "shared" && second == "shared"; together != (err == nil) {
				t.Errorf("%s after %s: %v", second, first, err)
			}
			if err == nil {
				also()
			} else if !errors.Is(err, lockfile.ErrBusy) || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s after %s: %v", second, first, err)
			}
			release()
			if also, err = try(t.Context(), path); err != nil {
				t.Errorf("%s when %s is over: %v", second, first, err)
			} else {
				also()
			}
		}
	}
}

func TestCanceledBefore(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	path := filepath.Join(t.TempDir(), "lock")
	for _, lock := range []func(context.Context, string) (func(), error){lockfile.Exclusive, lockfile.Shared} {
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
// holders of two files are possible, but nobody hangs and nobody fails.
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
				release, err := lockfile.Shared(ctx, path)
				cancel()
				if err != nil {
					t.Error(err)
					return
				}
				taken.Add(1)
				release()
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
