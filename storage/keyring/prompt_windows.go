package keyring

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/windows"
)

// A tty is the console while a prompt is on it. Keys are read one by one and
// edited here: a line that the console edits itself can be neither interrupted
// nor left to the next reader.
type tty struct {
	in, out *os.File
	console windows.Handle // of in
	before  uint32         // its mode
	signals chan os.Signal
	wake    windows.Handle // an event, set when reading has to end
}

// openTerminal opens the console and turns its echo off.
func openTerminal() (*tty, error) {
	in, err := os.OpenFile("CONIN$", os.O_RDWR, 0)
	if err != nil {
		return nil, errNoTerminal
	}
	out, err := os.OpenFile("CONOUT$", os.O_WRONLY, 0)
	if err != nil {
		_ = in.Close()
		return nil, errNoTerminal
	}
	t := &tty{in: in, out: out, console: windows.Handle(in.Fd()), signals: make(chan os.Signal, 1)}
	if windows.GetConsoleMode(t.console, &t.before) != nil {
		_, _ = in.Close(), out.Close()
		return nil, errNoTerminal
	}
	if t.wake, err = windows.CreateEvent(nil, 1, 0, nil); err != nil {
		_, _ = in.Close(), out.Close()
		return nil, err
	}
	// Ctrl-C and Ctrl-Break, and what closes the window or logs the user off.
	signal.Notify(t.signals, os.Interrupt, syscall.SIGTERM)
	if err := windows.SetConsoleMode(t.console, hidden(t.before)); err != nil {
		t.close()
		return nil, err
	}
	return t, nil
}

// hidden is the mode of the console while a passphrase is typed: Ctrl-C stays a
// signal, and nothing but keys is reported.
func hidden(before uint32) uint32 {
	const off = windows.ENABLE_LINE_INPUT | windows.ENABLE_ECHO_INPUT | windows.ENABLE_MOUSE_INPUT |
		windows.ENABLE_WINDOW_INPUT | windows.ENABLE_VIRTUAL_TERMINAL_INPUT
	return before&^off | windows.ENABLE_PROCESSED_INPUT
}

// close gives the console back.
func (t *tty) close() {
	_ = windows.SetConsoleMode(t.console, t.before)
	signal.Stop(t.signals)
	_ = windows.CloseHandle(t.wake)
	_, _ = t.in.Close(), t.out.Close()
}

// ask shows prompt and returns the line that is typed.
func (t *tty) ask(ctx context.Context, prompt string) (string, error) {
	if _, err := t.out.WriteString(prompt + ": "); err != nil {
		return "", err
	}
	defer func() { _, _ = t.out.WriteString("\r\n") }()
	type result struct {
		line string
		err  error
	}
	lines := make(chan result, 1)
	go func() {
		line, err := t.read()
		lines <- result{line, err}
	}()
	reason := context.Canceled
	select {
	case r := <-lines:
		return r.line, r.err
	case <-t.signals:
	case <-ctx.Done():
		reason = context.Cause(ctx)
	}
	// What has been typed belongs to this prompt and to no other reader.
	_ = windows.SetEvent(t.wake)
	<-lines
	_ = windows.FlushConsoleInputBuffer(t.console)
	return "", interrupted(reason)
}

// read returns the next line. It reads no key behind the line, and none once it
// has been woken.
func (t *tty) read() (string, error) {
	var line keys
	defer line.clear()
	for {
		const wakened = windows.WAIT_OBJECT_0
		ready, err := windows.WaitForMultipleObjects([]windows.Handle{t.wake, t.console}, false, windows.INFINITE)
		if err != nil {
			return "", err
		}
		if ready == wakened {
			return "", context.Canceled
		}
		unit, times, err := nextKey(t.console)
		if err != nil {
			return "", err
		}
		for range times {
			if done, err := line.press(unit); done || err != nil {
				return line.text(), err
			}
		}
	}
}
