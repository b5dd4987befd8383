package storage

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/chatelaine-go/chatelaine/storage/internal/envelope"
	"github.com/chatelaine-go/chatelaine/storage/internal/lockfile"
	"github.com/chatelaine-go/chatelaine/storage/internal/nested"
)

// The errors that a store's own errors match with [errors.Is]. Absence is
// [io/fs.ErrNotExist].
var (
	// ErrBusy: the lock was not free before the context was done. The error
	// matches the context's error too; the callback was not called.
	ErrBusy = errors.New("storage: busy")
	// ErrCorrupt: the sealed file is damaged, cut short, tampered with, or
	// belongs to another key or service. Only this key is concerned. Load and
	// Update leave the file unchanged; [Sealed.Replace] and [Sealed.Remove] do not.
	// An error that matches it, or ErrKeyMissing, has a method Unreadable() bool for [errors.As].
	ErrCorrupt error = unreadableError("storage: corrupt")
	// ErrTooNew: the file was written by a program with a newer version of this
	// package. It is left unchanged.
	ErrTooNew = errors.New("storage: written by a newer version")
	// ErrKeyMissing: there are sealed files, but the encryption key that sealed
	// them is gone or has been replaced. It is never created anew while they
	// exist.
	ErrKeyMissing error = unreadableError("storage: encryption key missing")
	// ErrNested: Update was called with the context of the callback of an Update
	// of the same key.
	ErrNested = nested.Err
	// ErrTooLarge: the key has more than 1024 bytes, or the value more than
	// 16 MiB.
	ErrTooLarge = errors.New("storage: too large")
	// ErrLost: another holder changed the value while the callback ran, so the value that the
	// callback returned was not stored, or, if a response of the database got lost, was stored and
	// then replaced. Load the value and decide anew. It is also the cause of the callback's context
	// when the lock is lost while the callback runs. Stores whose locks expire return it, and
	// sealed files whose lock file was removed while it was held. An error that matches it has a
	// method Lost() bool for [errors.As].
	ErrLost error = lostError{}
	// ErrDataLost: the store no longer has the data that it had, for example
	// because the database was wiped or restored empty. It does not match
	// [io/fs.ErrNotExist]: whether there was a value is not known. An error that
	// matches it has a method DataLost() bool for [errors.As].
	ErrDataLost error = dataLostError{}
)

// unreadableError is the type of errors about a value that will not become readable by waiting.
type unreadableError string

func (e unreadableError) Error() string { return string(e) }

// Unreadable reports true.
func (unreadableError) Unreadable() bool { return true }

// lostError is the type of [ErrLost]. Its method lets a package that does not
// import this one recognize it.
type lostError struct{}

func (lostError) Error() string { return "storage: the lock was lost" }

// Lost reports true.
func (lostError) Lost() bool { return true }

// dataLostError is the type of [ErrDataLost], recognized in the same way.
type dataLostError struct{}

func (dataLostError) Error() string { return "storage: the store lost its data" }

// DataLost reports true.
func (dataLostError) DataLost() bool { return true }

func notExist(key string) error {
	return fmt.Errorf("storage: nothing is stored under %q: %w", key, fs.ErrNotExist)
}

// hideNotExist hides [fs.ErrNotExist] in the chain of an error that does not
// mean that the value is absent: a missing directory at save time, a missing
// program asked for the key.
func hideNotExist(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New(err.Error())
	}
	return err
}

// openError gives an error of envelope.Open about the file at path its kind.
func openError(path string, err error) error {
	switch {
	case errors.Is(err, envelope.ErrTooNew):
		return fmt.Errorf("%w: %s: %w", ErrTooNew, path, err)
	case errors.Is(err, envelope.ErrOtherKey):
		return fmt.Errorf("%w: %s: %w; restore the key, or sign in again", ErrKeyMissing, path, err)
	default:
		return fmt.Errorf("%w: %s: %w; restore it from a backup, or sign in again", ErrCorrupt, path, err)
	}
}

func saveError(state string, err error) error {
	return fmt.Errorf("storage: save: %s; check the disk, and that the directory is writable: %w", state, hideNotExist(err))
}

func lockError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, lockfile.ErrBusy):
		return fmt.Errorf("%w: %w", ErrBusy, err)
	default:
		return fmt.Errorf("storage: lock: %w", hideNotExist(err))
	}
}
