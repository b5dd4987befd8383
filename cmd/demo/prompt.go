package main

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/screen"
	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

// maxSecret is the longest password or token that is read, in bytes.
const maxSecret = 64 << 10

// askPassword prompts on the terminal, without echo.
func (a *app) askPassword(ctx context.Context, prompt string) (string, error) {
	if a.flags.noInput || !screen.IsTerminal(a.in) {
		return "", &hinted{
			err: errors.New("no password, and no terminal to prompt on"), code: exitUsage,
			hint: "use --password-stdin or --password-file",
		}
	}
	a.asking.Lock()
	defer a.asking.Unlock()
	password, err := keyring.PassphrasePrompt(prompt)
	if err != nil {
		_ = waitForSignal(ctx)
	}
	return password, err
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

// secretFile returns the first line of a file that no other user can change.
func secretFile(path string) (string, error) {
	secret, err := keyring.PassphraseFile(path)("")
	if err != nil {
		return "", &hinted{err: err, code: exitError, hint: "check the name of the file, and make it readable only by you"}
	}
	return secret, nil
}
