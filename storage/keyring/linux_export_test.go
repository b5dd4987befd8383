//go:build linux

package keyring

// Unescape reads the last element of a secret service's object path.
func Unescape(element string) string { return unescape(element) }
