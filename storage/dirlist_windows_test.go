package storage_test

import (
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/windows"
)

// TestDirIsMadePrivate: none but this user, administrators and the system have rights to what is
// made. What is made in it inherits that.
func TestDirIsMadePrivate(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a", "b")
	put(t, open(t, config(dir)), "default", "value")
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, filepath.Dir(dir)} {
		sd, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
		if err != nil {
			t.Fatal(err)
		}
		_, entries, _ := strings.Cut(sd.String(), "(")
		for entry := range strings.SplitSeq(strings.TrimSuffix(entries, ")"), ")(") {
			who := entry[strings.LastIndex(entry, ";")+1:]
			if !strings.HasPrefix(entry, "A;OICI;") || who != "SY" && who != "BA" && who != user.User.Sid.String() {
				t.Errorf("%s: %s", path, sd)
			}
		}
	}
}
