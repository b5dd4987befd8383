//go:build !darwin && !dragonfly && !freebsd && !linux && !netbsd && !openbsd && !windows

package keyring

import "context"

// A tty does not exist on these systems.
type tty struct{}

func openTerminal() (*tty, error) { return nil, errNoTerminal }

func (*tty) close() {}

func (*tty) ask(context.Context, string) (string, error) { return "", errNoTerminal }
