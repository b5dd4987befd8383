// Package lockfile takes advisory locks on files, between the processes of a
// machine and between the goroutines of a process.
//
// The file is created when it is missing and never removed: removing a lock
// file lets two holders in. The lock is the kernel's (flock, LockFileEx), so
// it is free the moment its holder dies, however it dies.
package lockfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"github.com/chatelaine-go/chatelaine/storage/internal/keymutex"
)

// Poll is how often a lock that another process holds is tried again.
const Poll = 10 * time.Millisecond

// ErrBusy is matched by the error of a wait that ended before the lock was
// free. Such an error matches the context's error as well.
var ErrBusy = errors.New("lock is held by another process or goroutine")

// A kernel lock belongs to an open file, so goroutines of one process would
// poll like strangers; they queue here instead.
var queue keymutex.Mutex //nolint:gochecknoglobals // the queue has to be one for the whole process, like the lock behind it

// Exclusive waits for the lock on the file at path, no longer than ctx, and
// returns the function that gives it back. Waiters of this process queue in
// order of arrival; only the first of them polls.
func Exclusive(ctx context.Context, path string) (release func(), err error) {
	unlock, err := queue.Lock(ctx, path)
	if err != nil {
		return nil, busy(err)
	}
	unflock, err := acquire(ctx, path, (*flock.Flock).TryLock)
	if err != nil {
		unlock()
		return nil, err
	}
	return func() {
		unflock()
		unlock()
	}, nil
}

// Shared is like [Exclusive] for a lock that any number of holders share while
// nobody holds it exclusively. It does not queue.
func Shared(ctx context.Context, path string) (release func(), err error) {
	return acquire(ctx, path, (*flock.Flock).TryRLock)
}

func acquire(ctx context.Context, path string, try func(*flock.Flock) (bool, error)) (func(), error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, busy(err)
		}
		release, free, err := once(path, try)
		if free || err != nil {
			return release, err
		}
		timer := time.NewTimer(Poll)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, busy(ctx.Err())
		}
	}
}

// once makes one attempt.
func once(path string, try func(*flock.Flock) (bool, error)) (release func(), free bool, err error) {
	l := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR|noFollow), flock.SetPermissions(0o600))
	ok, err := try(l)
	if err != nil {
		return nil, false, explain(path, err)
	}
	if !ok {
		return nil, false, nil
	}
	release = func() { _ = l.Unlock() } // Closing the file gives the lock back in any case.
	same, err := trusted(path, l)
	if err != nil || !same {
		release()
		return nil, false, err
	}
	return release, true, nil
}

// trusted checks what was locked: a regular file of ours that is still the one
// at path. Somebody may have removed it between our open and our lock, and
// then a second holder could lock its successor.
func trusted(path string, l *flock.Flock) (same bool, err error) {
	held, err := l.Stat()
	if err != nil {
		return false, fmt.Errorf("look at the lock file: %w", err)
	}
	there, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look at the lock file: %w", err)
	}
	if !there.Mode().IsRegular() {
		return false, fmt.Errorf("lock file %s is not a regular file; remove it", path)
	}
	if err := checkOwner(path, there); err != nil {
		return false, err
	}
	return os.SameFile(held, there), nil
}

func busy(err error) error { return fmt.Errorf("%w: %w", ErrBusy, err) }

func explain(path string, err error) error {
	switch {
	case isLoop(err):
		return fmt.Errorf("lock file %s is a symbolic link; remove it", path)
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("no lock without a writable directory: %w", err)
	default:
		return fmt.Errorf("lock: %w", err)
	}
}
