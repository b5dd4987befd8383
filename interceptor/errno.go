//go:build !plan9

package interceptor

import (
	"errors"
	"syscall"
)

// brokenConnection reports whether the operating system says that there is no connection, or none
// any more.
func brokenConnection(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.EPIPE)
}
