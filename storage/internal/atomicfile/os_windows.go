package atomicfile

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/windows"

	"github.com/chatelaine-go/chatelaine/storage/internal/transient"
)

// patience is how long an operation is tried again that another program's
// access to the file prevents.
const patience = 2 * time.Second

// openFile opens the file itself, also if it is a symbolic link.
func openFile(path string) (f *os.File, err error) {
	err = retry(func() error {
		f, err = os.OpenFile(filepath.Clean(path), os.O_RDONLY|windows.FILE_FLAG_OPEN_REPARSE_POINT, 0)
		return err
	})
	return f, err
}

// isLoop reports false: a symbolic link has been opened, and is not a regular
// file.
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
		if !transient.Is(err) || time.Now().After(deadline) {
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
