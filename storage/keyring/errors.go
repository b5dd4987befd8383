package keyring

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/chatelaine-go/chatelaine/storage"
)

// The errors that this package's own errors match with [errors.Is], besides
// those of package storage. Most of them are an [*Error] too.
var (
	// ErrLocked: the keyring is locked, or the user declined to unlock it.
	// Nothing is lost; try again when it is unlocked.
	ErrLocked = errors.New("keyring: locked")
	// ErrUnavailable: the backend is not there, does not respond in time, or
	// does not work. [Diagnose] reports more.
	ErrUnavailable = errors.New("keyring: unavailable")
	// ErrOtherBackend: the encryption key is in another backend than the
	// configured one. Nothing is lost: use that one, or [Move] the key.
	ErrOtherBackend = errors.New("keyring: the key is in another backend")
	// ErrWrongPassphrase: the passphrase is not the one that the key of the
	// file backend was encrypted with. Nothing has been overwritten.
	ErrWrongPassphrase = errors.New("keyring: wrong passphrase")
	// ErrNoPassphrase: the file backend was given no passphrase, or an empty
	// one; [Config.Passphrase] returns it.
	ErrNoPassphrase = errors.New("keyring: no passphrase")
)

// An Error is about one backend. Its message tells the person at the terminal
// which keyring is meant, what is wrong, and what to do; its fields tell the
// program.
type Error struct {
	Kind    error  // ErrLocked, ErrUnavailable, ErrOtherBackend, or storage.ErrKeyMissing
	Backend string // the backend that failed or was asked for, as in Config.Backend
	Holder  string // ErrOtherBackend: the backend that holds the key
	Op      string // what was tried: "read", "write", "remove"; empty if nothing was
	Fix     string // what the person can do; empty if there is nothing
	Err     error  // the cause, in the words of the backend; may be nil
}

// Error returns Kind, the backend, the cause and Fix.
func (e *Error) Error() string {
	text := "keyring"
	if e.Kind != nil {
		text = e.Kind.Error()
	}
	if e.Backend != "" {
		text += ": " + e.Backend
	}
	if e.Op != "" {
		text += ": " + e.Op
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	if e.Fix != "" {
		text += "; " + e.Fix
	}
	return text
}

// Unwrap returns Kind and Err.
func (e *Error) Unwrap() []error {
	var all []error
	for _, err := range []error{e.Kind, e.Err} {
		if err != nil {
			all = append(all, err)
		}
	}
	return all
}

// The reasons that have advice of their own.
var (
	errOtherSystem = errors.New("it belongs to another operating system")
	errForeignBus  = errors.New("the D-Bus session bus belongs to another user")
)

// failed gives an error of the backend its kind and its advice.
func (k kind) failed(op string, err error) error {
	var known *Error
	switch {
	case isAbsent(err):
		return errAbsent
	case errors.As(err, &known), errors.Is(err, storage.ErrCorrupt), errors.Is(err, ErrNoPassphrase):
		return err
	}
	e := &Error{Kind: ErrUnavailable, Backend: k.name, Op: op, Fix: k.repair, Err: hideNotExist(err)}
	switch {
	case errors.Is(err, errForeignBus):
		e.Fix = "unset DBUS_SESSION_BUS_ADDRESS, which is left over from another login, or log in to a desktop session of your own; or " + instead
	case errors.Is(err, errOtherSystem):
		e.Fix = ""
	case errors.Is(err, errLocked), isLocked(err):
		e.Kind, e.Fix = ErrLocked, k.unlock
		if e.Fix == "" {
			e.Fix = "unlock it and try again"
		}
	}
	return e
}

// errLocked is a backend's own finding that it is locked.
var errLocked = errors.New("it is locked")

// otherBackend is the error about a key that another backend holds.
func otherBackend(asked, holder kind) error {
	return &Error{
		Kind: ErrOtherBackend, Backend: asked.name, Holder: holder.name,
		Err: fmt.Errorf("the key is held by the backend %q (%s)", holder.name, holder.title),
		Fix: fmt.Sprintf("use %q, or move the key to %q in a session where both work", holder.name, asked.name),
	}
}

// An absentError says why there is no key, in the sense of [fs.ErrNotExist] and
// without its words, which speak of a file.
type absentError string

func (e absentError) Error() string { return "keyring: " + string(e) }

func (absentError) Is(target error) bool { return target == fs.ErrNotExist }

// errAbsent means that the backend reported the entry as missing.
var errAbsent error = absentError("the key is not in the keyring")

func isAbsent(err error) bool { return errors.Is(err, errAbsent) }

// hideNotExist hides [fs.ErrNotExist], which here stands for an absent key and
// nothing else.
func hideNotExist(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New(err.Error())
	}
	return err
}
