//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package keyring

import "golang.org/x/sys/unix"

const (
	getTermios  = unix.TIOCGETA
	setNow      = unix.TIOCSETA
	noCharacter = 0xff           // _POSIX_VDISABLE
	setFlush    = unix.TIOCSETAF // drops what was typed and not read
)
