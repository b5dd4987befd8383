//go:build unix

package privatedir_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/storage/internal/privatedir"
)

const stranger = 12345

// mkdir makes a directory with exactly mode and owner; owner 0 keeps ours.
func mkdir(t *testing.T, path string, mode os.FileMode, owner, group int) string {
	t.Helper()
	if err := os.MkdirAll(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if owner != 0 || group != 0 {
		if os.Geteuid() != 0 {
			t.Skip("needs root, to give a directory away")
		}
		if err := os.Chown(path, owner, group); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

// A user who can write to a parent directory could put another directory in place of the
// private one.
func TestParents(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		mode         os.FileMode
		owner, group int
		refused      string
	}{
		"private":                   {mode: 0o700},
		"readable":                  {mode: 0o755},
		"writable by all":           {mode: 0o757, refused: "is writable by other users"},
		"writable by all, sticky":   {mode: 0o777 | os.ModeSticky},
		"writable by its group":     {mode: 0o775, group: stranger, refused: "is writable by other users"},
		"writable by own group":     {mode: 0o775},
		"group, sticky":             {mode: 0o775 | os.ModeSticky, group: stranger},
		"of another user":           {mode: 0o755, owner: stranger, refused: "belongs to user 12345"},
		"of another user, sticky":   {mode: 0o777 | os.ModeSticky, owner: stranger, refused: "belongs to user 12345"},
		"of another user, no write": {mode: 0o555, owner: stranger, refused: "belongs to user 12345"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if name == "writable by own group" && os.Getgid() != os.Getuid() {
				t.Skip("the user has no group of its own")
			}
			parent := mkdir(t, filepath.Join(t.TempDir(), "parent"), c.mode, c.owner, c.group)
			for _, below := range []string{"dir", "a/b"} {
				dir := filepath.Join(parent, filepath.FromSlash(below))
				_, err := privatedir.Ensure(dir)
				if c.refused == "" {
					if err != nil {
						t.Error(err)
					}
					continue
				}
				if !errors.Is(err, privatedir.ErrUntrusted) || !strings.Contains(err.Error(), c.refused) || !strings.Contains(err.Error(), parent) {
					t.Errorf("%s: %v", below, err)
				}
				if _, err := os.Lstat(dir); err == nil {
					t.Errorf("%s was made all the same", below)
				}
			}
		})
	}
}

// A symbolic link that another user has planted leads to a directory of the
// user's own, whose permissions must stay as they are.
func TestPlantedLinks(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("needs root, to give a link away")
	}
	for name, path := range map[string]string{"last element": "link", "on the way": "link/below"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := mkdir(t, filepath.Join(t.TempDir(), "target"), 0o755, 0, 0)
			below := mkdir(t, filepath.Join(target, "below"), 0o755, 0, 0)
			shared := mkdir(t, filepath.Join(t.TempDir(), "shared"), 0o777|os.ModeSticky, 0, 0)
			link := filepath.Join(shared, "link")
			if err := os.Symlink(target, link); err != nil {
				t.Fatal(err)
			}
			if err := os.Lchown(link, stranger, stranger); err != nil {
				t.Fatal(err)
			}
			_, err := privatedir.Ensure(filepath.Join(shared, filepath.FromSlash(path)))
			if !errors.Is(err, privatedir.ErrUntrusted) || !strings.Contains(err.Error(), "symbolic link") {
				t.Errorf("Ensure: %v", err)
			}
			wantMode(t, target, 0o755)
			wantMode(t, below, 0o755)
		})
	}
}

// The user's own link is followed, but nothing is changed behind it.
func TestOwnLink(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	target := mkdir(t, filepath.Join(top, "target"), 0o755, 0, 0)
	link := filepath.Join(top, "link")
	if err := os.Symlink("../"+filepath.Base(top)+"/./target", link); err != nil {
		t.Fatal(err)
	}
	if _, err := privatedir.Ensure(link); !errors.Is(err, privatedir.ErrUntrusted) || !strings.Contains(err.Error(), "chmod 700") {
		t.Errorf("readable by others: %v", err)
	}
	wantMode(t, target, 0o755)
	if err := os.Chmod(target, 0o700); err != nil {
		t.Fatal(err)
	}
	want, err := filepath.EvalSymlinks(target)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := privatedir.Ensure(link); err != nil || got != want {
		t.Errorf("Ensure = %q, %v; want %q", got, err, want)
	}
	if got, err := privatedir.Ensure(filepath.Join(link, "new")); err != nil || got != filepath.Join(want, "new") {
		t.Errorf("below the link: %q, %v", got, err)
	}
	loop := filepath.Join(top, "loop")
	if err := os.Symlink(loop, loop); err != nil {
		t.Fatal(err)
	}
	if _, err := privatedir.Ensure(loop); err == nil || !strings.Contains(err.Error(), "too many") {
		t.Errorf("a loop: %v", err)
	}
}

func wantMode(t *testing.T, path string, want os.FileMode) {
	t.Helper()
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
		t.Errorf("%s: %v, %v; want %v", path, info.Mode(), err, want)
	}
}
