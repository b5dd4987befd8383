package keyring

import (
	"errors"
	"fmt"
	"io/fs"

	kr "github.com/99designs/keyring"

	"github.com/chatelaine-go/chatelaine/storage"
)

// The errors that this package's own errors match with [errors.Is], besides
// those of package storage.
var (
	// ErrLocked: the keyring is locked, or the user declined to unlock it.
	// Nothing is lost; try again when it is unlocked.
	ErrLocked = errors.New("keyring: locked")
	// ErrUnavailable: the backend is not there, does not answer in time, or
	// does not work. [Diagnose] tells more.
	ErrUnavailable = errors.New("keyring: unavailable")
	// ErrWrongPassphrase: the passphrase is not the one that the key of the
	// file backend was encrypted with. Nothing has been overwritten.
	ErrWrongPassphrase = errors.New("keyring: wrong passphrase")
	// ErrNoPassphrase: the file backend was given no passphrase, or an empty
	// one.
	ErrNoPassphrase = errors.New("keyring: no passphrase")
)

// An absentError tells why there is no key, in the sense of [fs.ErrNotExist]
// and without its words, which speak of a file.
type absentError string

func (e absentError) Error() string { return "keyring: " + string(e) }

func (absentError) Is(target error) bool { return target == fs.ErrNotExist }

// errAbsent is the backend's word that there is no such entry.
var errAbsent error = absentError("the key is not in the keyring")

// backendError gives an error of a backend its kind.
func backendError(backend, what string, err error) error {
	switch {
	case errors.Is(err, kr.ErrKeyNotFound):
		return errAbsent
	case errors.Is(err, ErrLocked), errors.Is(err, ErrUnavailable), errors.Is(err, storage.ErrCorrupt):
		return err
	case isLocked(err):
		return fmt.Errorf("%w: %s: %s: unlock it and try again: %w", ErrLocked, backend, what, certain(err))
	default:
		return fmt.Errorf("%w: %s: %s: %w", ErrUnavailable, backend, what, certain(err))
	}
}

// certain hides [fs.ErrNotExist], which here stands for an absent key and
// nothing else.
func certain(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New(err.Error())
	}
	return err
}
