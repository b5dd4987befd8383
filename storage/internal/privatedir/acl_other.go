//go:build unix && !linux

package privatedir

// The access control lists of these systems do not show in a file's mode.
func hasACL(string) bool { return false }
