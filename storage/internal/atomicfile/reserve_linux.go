package atomicfile

import (
	"errors"
	"os"
	"syscall"
)

// reserve allocates the blocks of f. Where the file system cannot do that ahead,
// zeros are written, which is the next best thing.
func reserve(f *os.File, size int64) error {
	for {
		err := syscall.Fallocate(int(f.Fd()), 0, 0, max(size, 1))
		switch {
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EOPNOTSUPP), errors.Is(err, syscall.ENOSYS):
			return writeZeros(f, size)
		default:
			return err
		}
	}
}
