package profile

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// passphraseFile holds a generated passphrase.
const passphraseFile = "passphrase"

// PassphraseFile returns the path of the generated passphrase, whether it exists or not.
func (d Directory) PassphraseFile() string { return filepath.Join(string(d), passphraseFile) }

// Generated reports whether this profile has a generated passphrase.
func (d Directory) Generated() (bool, error) {
	_, err := os.Lstat(d.PassphraseFile())
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// GeneratePassphrase stores a random passphrase next to the session, unless there is one. Whoever
// can read the one can read the other, so this is only for sessions that are worth nothing: those
// at a server on this machine, to play with.
func (d Directory) GeneratePassphrase() (err error) {
	if err := os.MkdirAll(string(d), 0o700); err != nil {
		return err
	}
	temp, err := os.CreateTemp(string(d), ".passphrase-") // mode 0600
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(temp.Name())) }()
	_, err = temp.WriteString(rand.Text() + "\n")
	if err := errors.Join(err, temp.Sync(), temp.Close()); err != nil {
		return err
	}
	// A link never replaces a file: two processes at the same moment both use the passphrase of the
	// first.
	err = os.Link(temp.Name(), d.PassphraseFile())
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}
