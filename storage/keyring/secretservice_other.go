//go:build !linux

package keyring

import (
	"context"
	"strings"
)

func (*backend) collection(context.Context) (name string, locked bool, err error) {
	return "", false, nil // not asked: there is no such backend here
}

// isLocked recognizes what macOS says when the keychain is locked, may not ask
// the user, or the user said no.
func isLocked(err error) bool {
	text := err.Error()
	for _, code := range []string{"-25308", "-25293", "-128", "interaction is not allowed", "user canceled"} {
		if strings.Contains(strings.ToLower(text), code) {
			return true
		}
	}
	return false
}
