package transient

import (
	"errors"

	"golang.org/x/sys/windows"
)

// Is reports whether an operation on a file may succeed a moment later. Windows
// refuses to open, lock, replace or remove a file while another program, such as
// a virus scanner, has it open without sharing it, and while it is being removed.
func Is(err error) bool {
	for _, e := range []error{
		windows.ERROR_SHARING_VIOLATION, windows.ERROR_LOCK_VIOLATION, windows.ERROR_USER_MAPPED_FILE,
		windows.ERROR_ACCESS_DENIED, windows.ERROR_DELETE_PENDING, // of a file that is being removed
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
