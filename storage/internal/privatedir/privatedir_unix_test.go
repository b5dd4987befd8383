//go:build unix

package privatedir_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/storage/internal/privatedir"
)

func TestEnsure(t *testing.T) {
	t.Parallel()
	for mode, want := range map[os.FileMode]os.FileMode{0o700: 0o700, 0o755: 0o700, 0o750: 0o700, 0o500: 0o500, 0o775: 0, 0o777: 0, 0o702: 0} {
		dir := filepath.Join(t.TempDir(), "dir")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
		_, err := privatedir.Ensure(dir)
		info, statErr := os.Stat(dir)
		if statErr != nil {
			t.Fatal(statErr)
		}
		switch {
		case want == 0:
			if err == nil || !strings.Contains(err.Error(), "chmod 700") || info.Mode().Perm() != mode {
				t.Errorf("%v: %v, %v", mode, err, info.Mode())
			}
		case err != nil || info.Mode().Perm() != want:
			t.Errorf("%v: %v, %v", mode, err, info.Mode())
		}
	}
}

func TestEnsureMakesParents(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	dir := filepath.Join(top, "a", "b", "c")
	if _, err := privatedir.Ensure(dir); err != nil {
		t.Fatal(err)
	}
	for d := dir; d != top; d = filepath.Dir(d) {
		if info, err := os.Stat(d); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v, %v", d, info.Mode(), err)
		}
	}
	// A symbolic link to a directory of one's own is how users move things.
	link := filepath.Join(top, "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	if _, err := privatedir.Ensure(link); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{"/dev/null", "/dev/null/x"} {
		if _, err := privatedir.Ensure(bad); err == nil {
			t.Errorf("%s is not a directory, and was accepted", bad)
		}
	}
}
