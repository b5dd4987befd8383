package keyring

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"syscall"

	"golang.org/x/term"
)

// PassphraseFD returns a [Config].Passphrase that reads the first line, of at
// most 4 KiB, from an open file descriptor and closes it: program 3<passphrase.
// Called again it returns the same.
func PassphraseFD(fd uintptr) func(prompt string) (string, error) {
	read := sync.OnceValues(func() (string, error) {
		f := os.NewFile(fd, "passphrase")
		if f == nil {
			return "", fmt.Errorf("file descriptor %d is not open", fd)
		}
		defer func() { _ = f.Close() }()
		return firstLine(f)
	})
	return func(string) (string, error) { return read() }
}

// PassphrasePrompt is a [Config].Passphrase that asks the user on the terminal,
// without showing what is typed. It fails where there is no terminal, and with
// [context.Canceled] when the user interrupts it.
func PassphrasePrompt(prompt string) (string, error) {
	in, out, err := openTerminal()
	if err != nil {
		return "", errors.New("there is no terminal to ask on; give the passphrase in a file or through a descriptor")
	}
	defer func() { _, _ = in.Close(), out.Close() }()
	fd := int(in.Fd())
	// Nothing may be shown from before the prompt is, or a quick answer would be.
	// An interrupted program must not leave a terminal that shows nothing.
	before, err := term.MakeRaw(fd)
	if err != nil {
		return "", errors.New("there is no terminal to ask on; give the passphrase in a file or through a descriptor")
	}
	defer func() {
		_ = term.Restore(fd, before)
		_, _ = fmt.Fprintln(out)
	}()
	if _, err := fmt.Fprintf(out, "%s: ", prompt); err != nil {
		return "", err
	}
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(interrupted)
	type answer struct {
		typed []byte
		err   error
	}
	answered := make(chan answer, 1)
	go func() {
		typed, err := term.ReadPassword(fd)
		answered <- answer{typed, err}
	}()
	select {
	case a := <-answered:
		defer clear(a.typed)
		return string(a.typed), a.err
	case <-interrupted:
		return "", fmt.Errorf("interrupted: %w", context.Canceled)
	}
}

func openTerminal() (in, out *os.File, err error) {
	input, output := "/dev/tty", "/dev/tty"
	if runtime.GOOS == "windows" {
		input, output = "CONIN$", "CONOUT$"
	}
	if in, err = os.OpenFile(input, os.O_RDWR, 0); err != nil {
		return nil, nil, err
	}
	if out, err = os.OpenFile(output, os.O_WRONLY, 0); err != nil {
		_ = in.Close()
		return nil, nil, err
	}
	return in, out, nil
}

// PassphraseOnce returns a [Config].Passphrase that asks once and remembers the
// answer, for programs that open several stores with one passphrase: give the
// same function to all of them. A failure and an empty answer are not remembered;
// a wrong passphrase is, so make a new function to ask again.
func PassphraseOnce(ask func(prompt string) (string, error)) func(prompt string) (string, error) {
	var (
		mu    sync.Mutex
		known string
	)
	return func(prompt string) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		if known != "" {
			return known, nil
		}
		answer, err := ask(prompt)
		if err == nil {
			known = answer
		}
		return answer, err
	}
}
