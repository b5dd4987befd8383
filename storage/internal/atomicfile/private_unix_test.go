//go:build unix

package atomicfile_test

import (
	"os"
	"testing"
)

// wantPrivate checks that only the owner may read the file.
func wantPrivate(t *testing.T, path string) {
	t.Helper()
	if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}
