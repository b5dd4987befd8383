//go:build unix

package keyring_test

import (
	"os"
	"syscall"
)

// dup returns a descriptor for f that the caller has to close.
func dup(f *os.File) (uintptr, error) {
	fd, err := syscall.Dup(int(f.Fd()))
	return uintptr(fd), err
}
