//go:build !unix

package lockfile

import "io/fs"

const (
	// Creating a symbolic link takes a privilege here, and there is no flag for
	// it.
	openFlags = 0

	removableWhileOpen = false
)

func isLoop(error) bool { return false }

func isReadOnly(error) bool { return false }

func checkOwner(string, fs.FileInfo) error { return nil }
