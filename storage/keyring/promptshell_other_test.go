//go:build !linux

package keyring_test

import (
	"context"
	"errors"
)

// prompts is a role of the tests on Linux.
func prompts(context.Context, string, string) error { return errors.ErrUnsupported }
