//go:build unix

package lockfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

const (
	// A symbolic link planted in place of the lock file must not be opened, let
	// alone created through, and a pipe must not be waited for.
	openFlags = syscall.O_NOFOLLOW | syscall.O_NONBLOCK

	removableWhileOpen = true
)

func isLoop(err error) bool {
	// FreeBSD says EMLINK where others say ELOOP.
	return errors.Is(err, syscall.ELOOP) || errors.Is(err, syscall.EMLINK)
}

func isReadOnly(err error) bool { return errors.Is(err, syscall.EROFS) }

func checkOwner(path string, info fs.FileInfo) error {
	st, ok := info.Sys().(*syscall.Stat_t)
	if ok && int(st.Uid) != os.Geteuid() {
		return fmt.Errorf("lock file %s belongs to user %d, not to this process's user %d", path, st.Uid, os.Geteuid())
	}
	return nil
}
