//go:build !darwin && !dragonfly && !freebsd && !linux && !netbsd && !openbsd

package keyring

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"

	"golang.org/x/term"
)

// A tty is the console while a prompt is on it. Reading from it cannot be
// interrupted here: an abandoned prompt gives the console back at once, but the
// next line typed is still its own.
type tty struct {
	in, out *os.File
	before  *term.State
	signals chan os.Signal
}

func openTerminal() (*tty, error) {
	if runtime.GOOS != "windows" {
		return nil, errNoTerminal
	}
	in, err := os.OpenFile("CONIN$", os.O_RDWR, 0)
	if err != nil {
		return nil, errNoTerminal
	}
	out, err := os.OpenFile("CONOUT$", os.O_WRONLY, 0)
	if err != nil {
		_ = in.Close()
		return nil, errNoTerminal
	}
	t := &tty{in: in, out: out, signals: make(chan os.Signal, 1)}
	if t.before, err = term.GetState(int(in.Fd())); err != nil {
		_, _ = in.Close(), out.Close()
		return nil, errNoTerminal
	}
	signal.Notify(t.signals, os.Interrupt)
	return t, nil
}

func (t *tty) close() {
	_ = term.Restore(int(t.in.Fd()), t.before)
	signal.Stop(t.signals)
	_, _ = t.in.Close(), t.out.Close()
}

func (t *tty) say(text string) { _, _ = fmt.Fprintln(t.out, text) }

func (t *tty) ask(ctx context.Context, prompt string) (string, error) {
	if _, err := io.WriteString(t.out, prompt+": "); err != nil {
		return "", err
	}
	defer t.say("")
	type result struct {
		typed []byte
		err   error
	}
	read := make(chan result, 1)
	go func() {
		typed, err := term.ReadPassword(int(t.in.Fd()))
		read <- result{typed, err}
	}()
	select {
	case r := <-read:
		defer clear(r.typed)
		return string(r.typed), r.err
	case <-ctx.Done():
		return "", interrupted(context.Cause(ctx))
	case <-t.signals:
		return "", interrupted(context.Canceled)
	}
}
