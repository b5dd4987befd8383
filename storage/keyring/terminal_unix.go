//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package keyring

import (
	"context"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sys/unix"
)

func (t *tty) save() error {
	for {
		state, err := unix.IoctlGetTermios(t.fd, getTermios)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return errNoTerminal
		default:
			t.before = *state
			return nil
		}
	}
}

// hide turns the echo off. Lines are edited as the user is used to, but Ctrl-Z
// ends the line and is read: the kernel would stop the process with the echo
// off.
func (t *tty) hide() error {
	hidden := t.before
	hidden.Lflag &^= unix.ECHO | unix.ECHONL
	hidden.Lflag |= unix.ICANON | unix.ISIG
	hidden.Iflag |= unix.ICRNL
	hidden.Cc[unix.VEOL], hidden.Cc[unix.VSUSP] = t.suspend(), noCharacter
	return t.set(setNow, &hidden)
}

// suspend is the character of Ctrl-Z; noCharacter if there is none.
func (t *tty) suspend() byte { return t.before.Cc[unix.VSUSP] }

func (t *tty) restore(how uint) { _ = t.set(how, &t.before) }

func (t *tty) set(how uint, state *unix.Termios) error {
	for {
		if err := unix.IoctlSetTermios(t.fd, how, state); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// errSuspended is the end of a line by Ctrl-Z.
var errSuspended = errors.New("suspended")

// read returns the next line. It reads no byte behind the line, and none once it
// has been woken.
func (t *tty) read() (line []byte, err error) {
	line = make([]byte, 0, maxPassphrase)
	for {
		b, err := t.readByte()
		switch {
		case errors.Is(err, io.EOF) && len(line) > 0, err == nil && b == '\n': // Ctrl-D ends a line too
			return line, nil
		case err != nil:
			return line, err
		case b == t.suspend() && b != noCharacter:
			return line, errSuspended
		case len(line) == cap(line):
			return line, fmt.Errorf("the passphrase is longer than %d bytes", maxPassphrase)
		}
		line = append(line, b)
	}
}

func (t *tty) readByte() (byte, error) {
	var buf [1]byte
	for {
		woken, err := waitReadable(t.fd, int(t.woken.Fd()))
		if err != nil {
			return 0, err
		}
		if woken {
			return 0, context.Canceled
		}
		n, err := unix.Read(t.fd, buf[:])
		switch {
		case errors.Is(err, unix.EINTR), errors.Is(err, unix.EAGAIN):
		case err != nil:
			return 0, err
		case n == 0:
			return 0, io.EOF
		default:
			return buf[0], nil
		}
	}
}
