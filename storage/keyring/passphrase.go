package keyring

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"golang.org/x/term"
)

// maxPassphrase is the longest passphrase that is read, in bytes.
const maxPassphrase = 4 << 10

// PassphraseFile returns a [Config].Passphrase that reads the first line of a file, for programs that run without
// a user: a secret that a service manager mounts, say. A file that others may read is refused, except on Windows,
// where the mode does not tell.
func PassphraseFile(path string) func(prompt string) (string, error) {
	return func(string) (string, error) {
		f, err := os.Open(path) //nolint:gosec // the path is the caller's configuration
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
			return "", fmt.Errorf("%s can be read by others (mode %04o); make it 0600", path, info.Mode().Perm())
		}
		return firstLine(f)
	}
}

// PassphraseFD returns a [Config].Passphrase that reads the first line from an open file descriptor, which it closes:
// program 3<passphrase. The descriptor can be read once, so the function works once.
func PassphraseFD(fd uintptr) func(prompt string) (string, error) {
	return func(string) (string, error) {
		f := os.NewFile(fd, "passphrase")
		if f == nil {
			return "", fmt.Errorf("file descriptor %d is not open", fd)
		}
		defer func() { _ = f.Close() }()
		return firstLine(f)
	}
}

// PassphrasePrompt is a [Config].Passphrase that asks the user on the terminal, without showing what is typed.
// It fails where there is no terminal.
func PassphrasePrompt(prompt string) (string, error) {
	tty, err := os.OpenFile(terminal(), os.O_RDWR, 0)
	if err != nil || !term.IsTerminal(int(tty.Fd())) {
		return "", errors.New("there is no terminal to ask on; give the passphrase in a file or through a descriptor")
	}
	defer func() { _ = tty.Close() }()
	if _, err := fmt.Fprintf(tty, "%s: ", prompt); err != nil {
		return "", err
	}
	typed, err := term.ReadPassword(int(tty.Fd()))
	_, _ = fmt.Fprintln(tty)
	return string(typed), err
}

func terminal() string {
	if runtime.GOOS == "windows" {
		return "CONIN$"
	}
	return "/dev/tty"
}

func firstLine(r io.Reader) (string, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxPassphrase+1))
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(string(data), "\n")
	if len(line) > maxPassphrase {
		return "", fmt.Errorf("the passphrase is longer than %d bytes", maxPassphrase)
	}
	return strings.TrimSuffix(line, "\r"), nil
}
