package keyring

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/term"
)

// maxPassphrase is the longest passphrase that is read, in bytes.
const maxPassphrase = 4 << 10

// PassphraseFile returns a [Config].Passphrase that reads the first line of a
// file, of at most 4 KiB, for programs that run without a user: a secret that a
// service manager mounts, say. A file that others than its owner may read or write is refused,
// except on Windows, where the mode does not tell.
func PassphraseFile(path string) func(prompt string) (string, error) {
	return func(string) (string, error) {
		f, err := os.Open(filepath.Clean(path))
		if err != nil {
			return "", err
		}
		defer func() { _ = f.Close() }()
		info, err := f.Stat()
		switch {
		case err != nil:
			return "", err
		case !info.Mode().IsRegular():
			return "", fmt.Errorf("%s is no regular file", path)
		case info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows":
			return "", fmt.Errorf("%s can be read or written by others (mode %04o); make it 0600", path, info.Mode().Perm())
		}
		return firstLine(f)
	}
}

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

func firstLine(r io.Reader) (string, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxPassphrase+1))
	defer clear(data)
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(string(data), "\n")
	if len(line) > maxPassphrase {
		return "", fmt.Errorf("the passphrase is longer than %d bytes", maxPassphrase)
	}
	return strings.TrimSuffix(line, "\r"), nil
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
