// Package lockfile takes advisory locks on files, between the processes of a
// machine and between the goroutines of a process.
//
// The lock is the kernel's (flock, LockFileEx), so it is free the moment its
// holder dies, however it dies. The file is created when it is missing.
//
// A lock belongs to a file, not to its name: when the file is removed while the
// lock is held, the next process locks another file of the same name, and there
// are two holders. So a lock counts only if, once taken, its file still has the
// name. The holder itself may remove the file with [Lock.Remove], because that
// is the last thing it does. If a cleaner does so, [Lock.Lost] reports it.
//
// # Usage
//
//	lock, err := lockfile.Exclusive(ctx, path)
//	if err != nil {
//		return err
//	}
//	defer lock.Unlock()
//
// # Errors
//
// A wait that ends with its context returns an error that matches [ErrBusy] and the context's.
//
// # Concurrency
//
// Functions are safe for concurrent use. Goroutines of one process queue in order; among processes the
// kernel decides.
//
// # Security
//
// The lock is advisory: it holds back only programs that ask for it.
package lockfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/gofrs/flock"

	"github.com/chatelaine-go/chatelaine/storage/internal/keymutex"
	"github.com/chatelaine-go/chatelaine/storage/internal/transient"
)

const (
	// Poll is how often a lock that another process holds is tried again.
	Poll = 10 * time.Millisecond
	// patience is for errors that pass by themselves, as on Windows while
	// another program has the file open, or removes it.
	patience = 2 * time.Second
)

// ErrBusy is matched by the error of a wait that ended before the lock was
// free. Such an error matches the context's error as well.
var ErrBusy = errors.New("lock is held by another process or goroutine")

// A kernel lock belongs to an open file, so goroutines of one process would
// poll like strangers; they queue here instead.
var queue keymutex.Mutex //nolint:gochecknoglobals // the queue has to be one for the whole process, like the lock behind it

// A Lock is a lock that is held. Exactly one of Unlock and Remove ends it.
type Lock struct {
	path string
	file *flock.Flock
	try  func(*flock.Flock) (bool, error)
	next func() // lets the next goroutine of this process have it
}

// Exclusive waits for the lock on the file at path, no longer than ctx. Waiters
// of this process queue in order of arrival; only the first of them polls.
func Exclusive(ctx context.Context, path string) (*Lock, error) {
	next, err := queue.Lock(ctx, path)
	if err != nil {
		return nil, busy(err)
	}
	l := &Lock{path: path, try: (*flock.Flock).TryLock, next: next}
	if l.file, err = l.acquire(ctx); err != nil {
		next()
		return nil, err
	}
	return l, nil
}

// Shared is like [Exclusive] for a lock that any number of holders share while
// no process holds it exclusively. It does not queue.
func Shared(ctx context.Context, path string) (*Lock, error) {
	l := &Lock{path: path, try: (*flock.Flock).TryRLock, next: func() {}}
	var err error
	l.file, err = l.acquire(ctx)
	if err != nil {
		return nil, err
	}
	return l, nil
}

// Unlock ends the lock.
func (l *Lock) Unlock() {
	_ = l.file.Unlock() // closing the file ends the lock in any case
	l.next()
}

// Remove ends the lock and removes its file, so that what is locked no more
// leaves nothing behind. Nothing that the lock protects may follow.
func (l *Lock) Remove() {
	defer l.next()
	if removableWhileOpen && !l.Lost() {
		_ = os.Remove(l.path)
	}
	_ = l.file.Unlock()
	if !removableWhileOpen {
		_ = os.Remove(l.path) // fails while another process has it open, and so must it
	}
}

// RemoveIfFree removes the file at path unless its lock is held. A missing file is not an error.
func RemoveIfFree(path string) error {
	l := &Lock{path: path, try: (*flock.Flock).TryLock, next: func() {}}
	file, free, err := l.once()
	if err != nil || !free {
		return err
	}
	l.file = file
	l.Remove()
	return nil
}

// Lost reports whether the file that is locked has lost its name, so that
// another process may hold a lock of the same name.
func (l *Lock) Lost() bool {
	same, err := l.holds(l.file)
	return err != nil || !same
}

// Renew takes the lock again, on the file that has the name now, and waits for
// it no longer than ctx. On error the lock is as it was.
func (l *Lock) Renew(ctx context.Context) error {
	file, err := l.acquire(ctx)
	if err != nil {
		return err
	}
	_ = l.file.Unlock()
	l.file = file
	return nil
}

func (l *Lock) acquire(ctx context.Context) (*flock.Flock, error) {
	for began := time.Now(); ; {
		if err := ctx.Err(); err != nil {
			return nil, busy(err)
		}
		file, free, err := l.once()
		if free || err != nil && (!transient.Is(err) || time.Since(began) > patience) {
			return file, err
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
func (l *Lock) once() (file *flock.Flock, free bool, err error) {
	file = flock.New(l.path, flock.SetFlag(os.O_CREATE|os.O_RDWR|openFlags), flock.SetPermissions(0o600))
	free, err = l.try(file)
	if err != nil {
		return nil, false, explain(l.path, err)
	}
	if !free {
		return nil, false, nil
	}
	same, err := l.holds(file)
	if err != nil || !same {
		_ = file.Unlock()
		return nil, false, err
	}
	return file, true, nil
}

// holds checks what was locked: a regular file of this user that still has the
// name.
func (l *Lock) holds(file *flock.Flock) (same bool, err error) {
	held, err := file.Stat()
	if err != nil {
		return false, fmt.Errorf("look at the lock file: %w", err)
	}
	there, err := os.Lstat(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look at the lock file: %w", err)
	}
	if !there.Mode().IsRegular() {
		return false, fmt.Errorf("lock file %s is not a regular file; remove it", l.path)
	}
	if err := checkOwner(l.path, there); err != nil {
		return false, err
	}
	return os.SameFile(held, there), nil
}

func busy(err error) error { return fmt.Errorf("%w: %w", ErrBusy, err) }

func explain(path string, err error) error {
	switch {
	case isLoop(err):
		return fmt.Errorf("lock file %s is a symbolic link; remove it", path)
	case isReadOnly(err), errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("no lock without a writable directory: %w", err)
	default:
		return fmt.Errorf("lock: %w", err)
	}
}
