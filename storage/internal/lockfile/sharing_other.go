//go:build !unix && !windows

package lockfile

func isSharing(error) bool { return false }
