//go:build !unix

package lockfile

import (
	"errors"
	"io/fs"
)

const (
	// Creating a symbolic link takes a privilege here, and there is no flag for
	// it.
	openFlags = 0

	removableWhileOpen = false
)

func isLoop(error) bool { return false }

func isReadOnly(error) bool { return false }

// passes reports whether an error may pass by itself: a file that another
// process is about to remove can neither be opened nor created.
func passes(err error) bool { return isSharing(err) || errors.Is(err, fs.ErrPermission) }

func checkOwner(string, fs.FileInfo) error { return nil }
