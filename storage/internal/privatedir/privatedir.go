// Package privatedir makes and checks directories that only their owner may
// enter.
package privatedir

import (
	"fmt"
	"io/fs"
	"os"
)

// Ensure makes the directory at path, and any parents, with mode 0700 if it is
// missing. One that is there must be a directory of this process's user that
// nobody else may write to; permission for others to read it is taken away.
func Ensure(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("look at directory: %w", err)
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a directory", path)
	}
	return check(path, info)
}

// tighten takes read permission away from others. On a read-only file system
// that fails, and nothing is lost: nobody can plant anything there either.
func tighten(path string, mode fs.FileMode) {
	if mode.Perm()&0o077 != 0 {
		_ = os.Chmod(path, mode.Perm()&0o700)
	}
}
