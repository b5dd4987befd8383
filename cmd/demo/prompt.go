package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/screen"
	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

// maxSecret is the longest password or token that is read, in bytes.
const maxSecret = 64 << 10

// askPassword prompts on the terminal, without echo.
func (a *app) askPassword(ctx context.Context, prompt string) (string, error) {
	tty, ok := a.in.(*os.File)
	if a.flags.noInput || !ok || !screen.IsTerminal(tty) {
		return "", &hinted{
			err: errors.New("no password, and no terminal to prompt on"), code: exitUsage,
			hint: "use --password-stdin or --password-file",
		}
	}
	fd := int(tty.Fd())
	before, err := term.MakeRaw(fd) // before the prompt, so that nothing typed early is echoed
	if err != nil {
		return "", err
	}
	defer func() {
		_ = term.Restore(fd, before)
		_, _ = fmt.Fprintln(a.err)
	}()
	_, _ = fmt.Fprint(a.err, prompt+": ")
	type input struct {
		typed []byte
		err   error
	}
	read := make(chan input, 1)
	go func() {
		typed, err := term.ReadPassword(fd)
		read <- input{typed, err}
	}()
	select {
	case got := <-read:
		return string(got.typed), got.err
	case <-ctx.Done(): // the read cannot be canceled, but the terminal can be restored
		return "", ctx.Err()
	}
}

// readSecret returns the first line of stdin.
func (a *app) readSecret() (string, error) {
	data, err := io.ReadAll(io.LimitReader(a.in, maxSecret+1))
	if err != nil {
		return "", err
	}
	if len(data) > maxSecret {
		return "", errors.New("stdin is too long for a password")
	}
	line, _, _ := strings.Cut(string(data), "\n")
	return strings.TrimSuffix(line, "\r"), nil
}

// secretFile returns the first line of a file that nobody else can change.
func secretFile(path string) (string, error) {
	secret, err := keyring.PassphraseFile(path)("")
	if err != nil {
		return "", &hinted{err: err, code: exitError, hint: "check the name of the file, and make it readable only by you"}
	}
	return secret, nil
}
