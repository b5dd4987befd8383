//go:build !unix

package lockfile

import "io/fs"

// Creating a symbolic link takes a privilege here, and there is no such flag.
const noFollow = 0

func isLoop(error) bool { return false }

func checkOwner(string, fs.FileInfo) error { return nil }
