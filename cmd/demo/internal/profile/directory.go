package profile

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/chatelaine-go/chatelaine/internal/statedir"
)

// Service is the program's name in keyrings, and that of its directory.
const Service = "chatelaine-demo"

// Default is the name of the profile that is used if none is named.
const Default = "default"

// serverFile is what a login remembers about the server.
const serverFile = "server.json"

// Directory is the directory of one profile: the encrypted session, the description of its server,
// and perhaps a generated passphrase.
type Directory string

// Root is where all profiles are: root if it is not empty, else below the user's state directory.
func Root(root string, getenv func(string) string) (string, error) {
	if root != "" {
		return filepath.Abs(root)
	}
	state, err := statedir.Find(getenv)
	if err != nil {
		return "", fmt.Errorf("no directory for the session: %w", err)
	}
	return filepath.Join(state, Service), nil
}

// In is the directory of a profile. The name becomes the name of a directory, so it is restricted.
func In(root, name string) (Directory, error) {
	if !regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`).MatchString(name) {
		return "", errors.New("the name of a profile is 1 to 64 letters, digits, dots, dashes or underscores, and begins with a letter or digit")
	}
	return Directory(filepath.Join(root, name)), nil
}

// Names returns the profiles that have had a login, sorted.
func Names(root string) []string {
	found, err := filepath.Glob(filepath.Join(root, "*", serverFile))
	if err != nil {
		return nil
	}
	for i, path := range found {
		found[i] = filepath.Base(filepath.Dir(path))
	}
	slices.Sort(found)
	return found
}

// Server is what the last login remembered; [fs.ErrNotExist] if there has been none.
func (d Directory) Server() (Server, error) {
	return ReadServer(filepath.Join(string(d), serverFile))
}

// Known reports whether there has ever been a login here. If not, there is no session, and the
// keyring is not opened.
func (d Directory) Known() (bool, error) {
	_, err := os.Stat(filepath.Join(string(d), serverFile))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// Remember keeps what is known about the server. A reader finds the old file or the new one.
func (d Directory) Remember(s Server) error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(string(d), 0o700); err != nil {
		return err
	}
	return replace(filepath.Join(string(d), serverFile), append(data, '\n'))
}

// Forget removes what Remember kept, and the generated passphrase.
func (d Directory) Forget() error {
	var errs []error
	for _, name := range []string{serverFile, passphraseFile} {
		if err := os.Remove(filepath.Join(string(d), name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
