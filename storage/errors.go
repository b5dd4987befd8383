package storage

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/chatelaine-go/chatelaine/storage/internal/envelope"
)

// The errors that a store's own errors match with [errors.Is]. Absence is
// [io/fs.ErrNotExist].
var (
	// ErrBusy: the lock was not free before the context was done. The error
	// matches the context's error too; the callback was not called.
	ErrBusy = errors.New("storage: busy")
	// ErrCorrupt: the sealed file is damaged, cut short, tampered with, or
	// belongs to another key or service. The file is left as it is.
	ErrCorrupt = errors.New("storage: corrupt")
	// ErrTooNew: the file was written by a program with a newer version of this
	// package. It is left as it is.
	ErrTooNew = errors.New("storage: written by a newer version")
	// ErrKeyMissing: there are sealed files, but the encryption key that sealed
	// them is gone or has been replaced. It is never created anew while they
	// exist.
	ErrKeyMissing = errors.New("storage: encryption key missing")
	// ErrNested: Update was called with the context of the callback of an Update
	// of the same key.
	ErrNested = errors.New("storage: nested update of the same key")
	// ErrTooLarge: the key has more than 1024 bytes, or the value more than
	// 16 MiB.
	ErrTooLarge = errors.New("storage: too large")
)

func notExist(key string) error {
	return fmt.Errorf("storage: nothing is stored under %q: %w", key, fs.ErrNotExist)
}

// certain hides [fs.ErrNotExist] in the chain of an error that does not tell
// that the value is absent: a missing directory at save time, a missing
// program asked for the key.
func certain(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New(err.Error())
	}
	return err
}

// opening translates what envelope.Open says about the file at path.
func opening(path string, err error) error {
	switch {
	case errors.Is(err, envelope.ErrTooNew):
		return fmt.Errorf("%w: %s: %w", ErrTooNew, path, err)
	case errors.Is(err, envelope.ErrOtherKey):
		return fmt.Errorf("%w: %s: %w; restore the key, or purge the store and sign in again", ErrKeyMissing, path, err)
	default:
		return fmt.Errorf("%w: %s: %w; restore it from a backup, or purge the store and sign in again", ErrCorrupt, path, err)
	}
}
