package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/profile"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/screen"
	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

// The variables that are used in place of a flag that is not given.
const (
	backendVariable    = "CHATELAINE_BACKEND"
	passphraseVariable = "CHATELAINE_PASSPHRASE_FILE"
)

// keyring configures the keyring of a profile.
//
// The passphrase of the file backend comes from the file named by the flag or the environment, from
// the one that was generated for a server on this machine, or from the user, in this order.
func (a *app) keyring(ctx context.Context, dir profile.Directory, server profile.Server) (*keyring.Config, error) {
	c := &keyring.Config{Service: profile.Service, Backend: a.backend(), Dir: string(dir), Passphrase: a.ask(ctx)}
	if file := a.passphraseFile(); file != "" {
		c.Passphrase = passphraseIn(file)
		return c, nil
	}
	generated, err := dir.Generated()
	if err != nil || !generated {
		return c, err
	}
	if !server.Loopback() {
		return nil, &hinted{
			err:  errors.New("this profile's passphrase is stored next to it, which is only acceptable for a local server"),
			code: exitKeyring, hint: "use another profile, with --profile NAME",
		}
	}
	c.Passphrase = passphraseIn(dir.PassphraseFile())
	return c, nil
}

// passphraseIn reads the passphrase from a file.
func passphraseIn(file string) func(string) (string, error) {
	read := keyring.PassphraseFile(file)
	return func(prompt string) (string, error) {
		passphrase, err := read(prompt)
		if err != nil { // its text only: a missing file must not be taken for a missing session
			return "", &hinted{
				err: errors.New("the passphrase: " + err.Error()), code: exitKeyring,
				hint: "name a file that only you can read, with --passphrase-file or " + passphraseVariable,
			}
		}
		return passphrase, nil
	}
}

// checkBackend refuses the name of an unknown backend; "" is the default one.
func checkBackend(name string) error {
	if name == "" || slices.Contains(backends(), name) {
		return nil
	}
	return &hinted{
		err: fmt.Errorf("unknown backend %q", name), code: exitUsage, hint: "choose one of " + strings.Join(backends(), ", "),
	}
}

func (a *app) backend() string {
	if a.flags.backend != "" {
		return a.flags.backend
	}
	return a.getenv(backendVariable)
}

func (a *app) passphraseFile() string {
	if a.flags.passphraseFile != "" {
		return a.flags.passphraseFile
	}
	return a.getenv(passphraseVariable)
}

// ask is a Config.Passphrase that prompts on the terminal, unless that is not wanted or not
// possible.
func (a *app) ask(ctx context.Context) func(string) (string, error) {
	return func(prompt string) (passphrase string, err error) {
		if a.flags.noInput || !screen.IsTerminal(a.in) && !screen.IsTerminal(a.err) {
			return "", fmt.Errorf("%w, and no terminal to prompt on", keyring.ErrNoPassphrase)
		}
		a.asking.Lock()
		defer a.asking.Unlock()
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		a.progress.Hush(func() { passphrase, err = keyring.PassphrasePrompt(prompt) })
		if err != nil {
			_ = waitForSignal(ctx)
		}
		return passphrase, err
	}
}

// waitForSignal waits a moment for ctx: the signal that ends a prompt also ends the context, but
// not at the same time.
func waitForSignal(ctx context.Context) error {
	timer := time.NewTimer(100 * time.Millisecond)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
