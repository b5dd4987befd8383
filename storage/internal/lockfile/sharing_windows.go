package lockfile

import (
	"errors"
	"syscall"
)

// isSharing reports whether another process has the file open and does not
// share it (ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION).
func isSharing(err error) bool {
	return errors.Is(err, syscall.Errno(32)) || errors.Is(err, syscall.Errno(33))
}
