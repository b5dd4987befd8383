//go:build dragonfly || freebsd || linux || netbsd || openbsd

package keyring

import (
	"errors"

	"golang.org/x/sys/unix"
)

// waitReadable waits until a line can be read from fd, or wake is readable.
func waitReadable(fd, wake int) (woken bool, err error) {
	fds := make([]unix.PollFd, 0, 2)
	for _, f := range []int{fd, wake} {
		fds = append(fds, unix.PollFd{Fd: int32(f), Events: unix.POLLIN})
	}
	for {
		_, err := unix.Poll(fds, -1)
		if !errors.Is(err, unix.EINTR) {
			return fds[1].Revents != 0, err
		}
	}
}
