//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package keyring

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// stopTime is more than it takes a process to stop after it has told itself to.
const stopTime = 100 * time.Millisecond

var errBackground = errors.New("the program runs in the background of its terminal, so it cannot ask there")

// A tty is the controlling terminal while a prompt is on it.
type tty struct {
	file    *os.File
	fd      int
	before  unix.Termios
	signals chan os.Signal
	wake    *os.File // written to when reading has to end
	woken   *os.File // its other end
}

// openTerminal opens the terminal and turns its echo off.
func openTerminal() (*tty, error) {
	file, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return nil, errNoTerminal
	}
	t := &tty{file: file, fd: int(file.Fd()), signals: make(chan os.Signal, 8)}
	if t.woken, t.wake, err = os.Pipe(); err != nil {
		_ = file.Close()
		return nil, err
	}
	// From here on no signal ends the process with the echo off. SIGTSTP is not
	// among these: once it has been caught, package signal can never again let
	// it stop the process.
	signal.Notify(t.signals, os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT, syscall.SIGHUP, syscall.SIGCONT)
	err = t.awaitForeground()
	if err == nil {
		err = t.save()
	}
	if err == nil {
		err = t.hide()
	}
	if err != nil {
		t.release()
		return nil, err
	}
	return t, nil
}

// close gives the terminal back.
func (t *tty) close() {
	t.restore(setNow)
	t.release()
}

func (t *tty) release() {
	signal.Stop(t.signals)
	for _, f := range []*os.File{t.file, t.wake, t.woken} {
		_ = f.Close()
	}
}

// awaitForeground stops the process, as the kernel does when it reads, until a
// shell brings it to the foreground. What the terminal is set to before that is
// the shell's business.
func (t *tty) awaitForeground() error {
	for range 3 {
		foreground, err := unix.IoctlGetInt(t.fd, unix.TIOCGPGRP)
		if err != nil {
			return errNoTerminal
		}
		if foreground == unix.Getpgrp() {
			return nil
		}
		t.stopBy(syscall.SIGTTIN)
	}
	return errBackground
}

// stopBy stops the process group, unless no shell could continue it.
func (*tty) stopBy(s syscall.Signal) {
	_ = syscall.Kill(0, s)
	timer := time.NewTimer(stopTime)
	defer timer.Stop()
	<-timer.C
}

func (t *tty) say(text string) { _, _ = t.file.WriteString(text + "\n") }

// ask shows prompt and returns the line that is typed.
func (t *tty) ask(ctx context.Context, prompt string) (string, error) {
	if _, err := t.file.WriteString(prompt + ": "); err != nil {
		return "", err
	}
	type result struct {
		line []byte
		err  error
	}
	lines, wanted := make(chan result), make(chan struct{}, 1)
	defer close(wanted)
	go func() {
		for range wanted { // nothing is read that is not wanted
			line, err := t.read()
			lines <- result{line, err}
		}
	}()
	// When the prompt is given up, what has been typed belongs to it and to no
	// other reader.
	giveUp := func(err error) (string, error) {
		_, _ = t.wake.Write([]byte{0})
		r := <-lines
		clear(r.line)
		t.restore(setFlush)
		t.say("")
		return "", interrupted(err)
	}
	var resumed time.Time // after a stop that was handled here
	for wanted <- struct{}{}; ; {
		select {
		case r := <-lines:
			text := string(r.line)
			clear(r.line)
			if r.err == nil {
				t.say("")
				return text, nil
			}
			if !errors.Is(r.err, errSuspended) {
				t.restore(setFlush)
				t.say("")
				return "", r.err
			}
			t.restore(setFlush)
			t.stopBy(syscall.SIGTSTP)
			if err := t.again(prompt); err != nil {
				return "", err
			}
			resumed = time.Now()
			wanted <- struct{}{}
		case <-ctx.Done():
			return giveUp(context.Cause(ctx))
		case s := <-t.signals:
			if s != syscall.SIGCONT {
				return giveUp(context.Canceled)
			}
			if time.Since(resumed) < stopTime {
				continue // it ended the stop just handled
			}
			if err := t.again(prompt); err != nil {
				return giveUp(err)
			}
		}
	}
}

// again shows the prompt after the process was continued.
func (t *tty) again(prompt string) error {
	if err := t.awaitForeground(); err != nil {
		return err
	}
	if err := t.hide(); err != nil {
		return err
	}
	_, err := t.file.WriteString(prompt + ": ")
	return err
}
