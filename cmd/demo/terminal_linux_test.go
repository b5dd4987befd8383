package main

import (
	"io"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A terminal is a pseudo terminal with a process on it.
type terminal struct {
	*watch

	cmd   *exec.Cmd
	tty   *os.File // the keyboard
	user  *os.File // the process's side, kept open to look at its mode
	shown chan struct{}
}

// onTerminal starts a command on a terminal of its own, 100 columns wide.
func onTerminal(t *testing.T, cmd *exec.Cmd) *terminal {
	t.Helper()
	tty, user := openTerminal(t)
	x := &terminal{watch: newWatch(), cmd: cmd, tty: tty, user: user, shown: make(chan struct{})}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = user, user, user
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(x.shown)
		_, _ = io.Copy(x.watch, tty)
	}()
	return x
}

func openTerminal(t *testing.T) (tty, user *os.File) {
	t.Helper()
	tty, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("no pseudo terminals: %v", err)
	}
	t.Cleanup(func() { _ = tty.Close() })
	if err := unix.IoctlSetPointerInt(int(tty.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(int(tty.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 40, Col: 100}); err != nil {
		t.Fatal(err)
	}
	user, err = os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return tty, user
}

// types types, as soon as what is typed is not shown.
func (x *terminal) types(t *testing.T, text string) {
	t.Helper()
	for late := time.After(patience); !x.hides(t); {
		select {
		case <-time.After(time.Millisecond):
		case <-late:
			t.Fatal("what is typed is shown")
		}
	}
	if _, err := x.tty.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

// hides reports whether lines are read, and not shown.
func (x *terminal) hides(t *testing.T) bool {
	t.Helper()
	flags := x.mode(t).Lflag
	return flags&unix.ECHO == 0 && flags&unix.ICANON != 0
}

func (x *terminal) mode(t *testing.T) *unix.Termios {
	t.Helper()
	mode, err := unix.IoctlGetTermios(int(x.user.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return mode
}

// end waits for the process, and returns its exit code and all that the terminal has shown.
func (x *terminal) end(t *testing.T) (code int, text string) {
	t.Helper()
	code = codeOf(t, x.cmd.Wait())
	if mode := x.mode(t); mode.Lflag&unix.ECHO == 0 || mode.Lflag&unix.ICANON == 0 {
		t.Errorf("the terminal was not given back as it was: %#x", mode.Lflag)
	}
	_ = x.user.Close() // the last one open, so that the copy ends
	<-x.shown
	return code, x.text.String()
}
