//go:build !windows

package keyring_test

import (
	"context"
	"errors"
)

// consolePrompts is a role of the tests on Windows.
func consolePrompts(context.Context, string, string) error { return errors.ErrUnsupported }
