//go:build unix

package keyring_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

// wantFix checks the report of the file backend.
func wantFix(t *testing.T, cfg keyring.Config, kind error, reason, fix string) {
	t.Helper()
	for _, r := range keyring.Diagnose(t.Context(), cfg) {
		if r.Backend != "file" {
			continue
		}
		if r.Usable || r.Err == nil || kind != nil && !errors.Is(r.Err, kind) || !strings.Contains(r.Err.Error(), reason) || !strings.Contains(r.Fix, fix) {
			t.Errorf("%+v; want the reason %q and the fix %q", r, reason, fix)
		}
	}
}

// Diagnose reports what another user could do to the directory.
func TestDiagnoseTheDirectory(t *testing.T) {
	t.Parallel()
	parent := filepath.Join(t.TempDir(), "parent")
	if err := errors.Join(os.Mkdir(parent, 0o700), os.Chmod(parent, 0o777)); err != nil {
		t.Fatal(err)
	}
	wantFix(t, fileConfig(filepath.Join(parent, "dir")), nil, "the parent directory "+parent+" is writable by other users", "keep other users out")
	wantFix(t, fileConfig("/dev/null/x"), nil, "not a directory", "choose a directory of your own")
}

// An access control list that lets another user write shows as a mode that lets
// the group write.
func TestDiagnoseTheAccessControlList(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("setfacl"); err != nil {
		if runtime.GOOS != "linux" {
			t.Skip("the lists of this system do not show in a file's mode")
		}
		lacking(t, "setfacl is not installed")
	}
	for name, below := range map[string]string{"of the directory": "", "of its parent": "dir"} {
		dir := filepath.Join(t.TempDir(), "listed")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.CommandContext(t.Context(), "setfacl", "-m", "u:12345:rwx", dir).CombinedOutput(); err != nil {
			t.Skipf("%v: %s", err, out)
		}
		t.Log(name)
		wantFix(t, fileConfig(filepath.Join(dir, below)), nil, "access control list", "keep other users out")
	}
}

// Diagnose says where the key is, and that another backend was asked for.
func TestDiagnoseTheHolder(t *testing.T) {
	t.Parallel()
	dir, ring := t.TempDir(), newFakeRing()
	put(t, open(t, fakeConfig(dir, ring)), "default", "value")
	asked := fakeConfig(dir, ring)
	asked.Backend = "pass"
	for _, r := range keyring.Diagnose(t.Context(), asked) {
		if r.Holds != (r.Backend == "keychain") || r.Selected != (r.Backend == "pass") {
			t.Errorf("%+v", r)
		}
		if r.Backend == "pass" && (!errors.Is(r.Err, keyring.ErrOtherBackend) || !strings.Contains(r.Fix, `use "keychain"`)) {
			t.Errorf("%+v", r)
		}
	}
}
