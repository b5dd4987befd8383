package keyring

import (
	"errors"

	"golang.org/x/sys/unix"
)

// waitReadable waits until a line can be read from fd, or wake is readable. On
// this system poll does not work with terminals.
func waitReadable(fd, wake int) (woken bool, err error) {
	for {
		var set unix.FdSet
		set.Set(fd)
		set.Set(wake)
		_, err := unix.Select(max(fd, wake)+1, &set, nil, nil, nil)
		if !errors.Is(err, unix.EINTR) {
			return err == nil && set.IsSet(wake), err
		}
	}
}
