package keyring

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/chatelaine-go/chatelaine/storage/internal/atomicfile"
)

// passDir is where pass keeps its entries.
func passDir() (string, error) {
	if dir := env("PASSWORD_STORE_DIR"); dir != "" {
		return dir, nil
	}
	home, err := os.UserHomeDir()
	return filepath.Join(home, ".password-store"), err
}

// lacksPass reports why pass cannot be used, before pass itself says so on the
// standard error of this program.
func lacksPass() error {
	if _, err := exec.LookPath("pass"); err != nil {
		return errors.New("the program pass is not installed")
	}
	dir, err := passDir()
	if err != nil {
		return err
	}
	for _, sub := range []string{"", itemPrefix} {
		if _, err := os.Stat(filepath.Join(dir, sub, ".gpg-id")); err == nil {
			return nil
		}
	}
	return errors.New("the password store has not been initialized")
}

// A passRing brings entries to the disk, which pass leaves to chance.
type passRing struct{ ring }

func (r passRing) set(item string, data []byte) error {
	if err := r.ring.set(item, data); err != nil {
		return err
	}
	dir, err := passDir()
	if err != nil {
		return err
	}
	return atomicfile.Sync(filepath.Join(dir, itemPrefix, item+".gpg"))
}
