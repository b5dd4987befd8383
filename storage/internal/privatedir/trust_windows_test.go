package privatedir_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/windows"

	"github.com/chatelaine-go/chatelaine/storage/internal/privatedir"
)

// protect gives the directory the access control list that an SDDL string describes; SELF in it is
// this user.
func protect(t *testing.T, dir, list string) {
	t.Helper()
	sd, err := windows.SecurityDescriptorFromString(strings.ReplaceAll(list, "SELF", self(t)))
	if err != nil {
		t.Fatal(err)
	}
	dacl, _, err := sd.DACL()
	if err != nil {
		t.Fatal(err)
	}
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		t.Fatal(err)
	}
	h, err := windows.CreateFile(name, windows.READ_CONTROL|windows.WRITE_DAC, windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE, nil, windows.OPEN_EXISTING, windows.FILE_FLAG_BACKUP_SEMANTICS, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = windows.CloseHandle(h) }()
	err = windows.SetSecurityInfo(h, windows.SE_KERNEL_OBJECT, windows.DACL_SECURITY_INFORMATION|windows.PROTECTED_DACL_SECURITY_INFORMATION, nil, nil, dacl, nil)
	if err != nil {
		t.Fatal(err)
	}
}

func self(t *testing.T) string {
	t.Helper()
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		t.Fatal(err)
	}
	return user.User.Sid.String()
}

// lets reports whether the list of the directory mentions a user or group.
func lets(t *testing.T, dir, sid string) bool {
	t.Helper()
	sd, err := windows.GetNamedSecurityInfo(dir, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(sd.String(), ";"+sid+")")
}

const (
	everyone = "WD" // in SDDL
	mine     = "D:P(A;OICI;FA;;;SELF)(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"
)

// TestEnsure: what others may read becomes private, what they may change is refused.
func TestEnsure(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ list, refused string }{
		"private":            {list: mine},
		"readable":           {list: mine + "(A;OICI;FRFX;;;WD)"},
		"writable":           {list: mine + "(A;OICI;FRFWFX;;;WD)", refused: "is writable by"},
		"owned by its owner": {list: mine + "(A;OICI;FA;;;CO)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "dir")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			protect(t, dir, c.list)
			if strings.Contains(c.list, everyone) != lets(t, dir, everyone) {
				t.Fatalf("the list was not set to %s", c.list)
			}
			_, err := privatedir.Ensure(dir)
			if c.refused == "" {
				if err != nil || lets(t, dir, everyone) {
					t.Errorf("Ensure: %v; others have rights: %t", err, lets(t, dir, everyone))
				}
			} else if !errors.Is(err, privatedir.ErrUntrusted) || !strings.Contains(err.Error(), c.refused) || !strings.Contains(err.Error(), dir) {
				t.Errorf("Ensure: %v", err)
			}
			if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
				t.Errorf("its owner: %v", err)
			}
		})
	}
}

// TestEnsureMakesParents: what is made is private, whatever it would inherit.
func TestEnsureMakesParents(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	protect(t, top, mine+"(A;OICI;FRFX;;;WD)")
	dir := filepath.Join(top, "a", "b", "c")
	if _, err := privatedir.Ensure(dir); err != nil {
		t.Fatal(err)
	}
	for d := dir; d != top; d = filepath.Dir(d) {
		if lets(t, d, everyone) {
			t.Errorf("others have rights to %s", d)
		}
	}
	file := filepath.Join(top, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{file, filepath.Join(file, "x")} {
		if _, err := privatedir.Ensure(bad); err == nil || !strings.Contains(err.Error(), "is not a directory") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// TestParents: in a directory that everyone can empty, anyone could replace the
// private one.
func TestParents(t *testing.T) {
	t.Parallel()
	parent := filepath.Join(t.TempDir(), "parent")
	if err := os.Mkdir(parent, 0o700); err != nil {
		t.Fatal(err)
	}
	protect(t, parent, mine+"(A;;FA;;;WD)")
	dir := filepath.Join(parent, "dir")
	if _, err := privatedir.Ensure(dir); !errors.Is(err, privatedir.ErrUntrusted) || !strings.Contains(err.Error(), parent) {
		t.Errorf("Ensure: %v", err)
	}
	if _, err := os.Lstat(dir); err == nil {
		t.Error("the directory was made all the same")
	}
}
