//go:build !linux

package keyring

import (
	"context"
	"strings"
	"time"
)

// There is no Secret Service here, so these are not called.

func findCollection(_ context.Context, b *backend, _ *settings) (time.Duration, error) {
	return b.kind.limit, nil
}

func tryCollection(ctx context.Context, b *backend) error { return b.probe(ctx) }

// isLocked recognizes what macOS says when the keychain is locked, may not ask
// the user, or the user said no.
func isLocked(err error) bool {
	text := strings.ToLower(err.Error())
	for _, code := range []string{"-25308", "-25293", "-128", "interaction is not allowed", "user canceled"} {
		if strings.Contains(text, code) {
			return true
		}
	}
	return false
}
