//go:build unix

package keyring_test

import (
	"os"
	"syscall"
)

// dup returns a descriptor of f's own that nobody closes.
func dup(f *os.File) (uintptr, error) {
	fd, err := syscall.Dup(int(f.Fd()))
	return uintptr(fd), err
}
