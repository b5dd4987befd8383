//go:build !unix

package atomicfile

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"
)

// Windows refuses to open, replace or remove a file at the very moment when
// another process opens or replaces it, so each is tried again for a while.
const patience = 2 * time.Second

func openFile(path string) (f *os.File, err error) {
	err = retry(func() error {
		f, err = os.Open(filepath.Clean(path))
		return err
	})
	return f, err
}

func isLoop(error) bool { return false }

func rename(from, to string) error {
	return retry(func() error { return os.Rename(from, to) })
}

func remove(path string) error {
	return retry(func() error { return os.Remove(path) })
}

func retry(op func() error) error {
	deadline := time.Now().Add(patience)
	for {
		err := op()
		if err == nil || errors.Is(err, fs.ErrNotExist) || time.Now().After(deadline) {
			return err
		}
		<-time.After(time.Millisecond + rand.N(4*time.Millisecond))
	}
}

// checkWritable does nothing: an access control list decides, which only the
// attempt asks.
func checkWritable(string) error { return nil }

// syncDir does nothing: NTFS journals its renames, and a directory cannot be
// flushed there.
func syncDir(string) error { return nil }
