//go:build !unix

package keyring_test

import (
	"errors"
	"os"
)

func dup(*os.File) (uintptr, error) { return 0, errors.New("descriptors are not duplicated here") }
