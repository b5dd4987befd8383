package atomicfile

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// reserve gives f its blocks. A file system that cannot do so ahead gets zeros
// written, which is the next best thing.
func reserve(f *os.File, size int64) error {
	for {
		err := unix.Fallocate(int(f.Fd()), 0, 0, max(size, 1))
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.ENOSYS):
			return writeZeros(f, size)
		default:
			return err
		}
	}
}
