package keyring

import "golang.org/x/sys/unix"

const (
	getTermios  = unix.TCGETS
	setNow      = unix.TCSETS
	noCharacter = 0            // _POSIX_VDISABLE
	setFlush    = unix.TCSETSF // drops what was typed and not read
)
