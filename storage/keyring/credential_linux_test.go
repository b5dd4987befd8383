package keyring_test

import (
	"encoding/binary"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

const nobody = 65534

// TestPassphraseFile_systemd: systemd's LoadCredential makes a file of root with mode 0400 and an
// access control list that lets the service's user read it, which shows as mode 0440. A list that
// lets others write is refused.
func TestPassphraseFile_systemd(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		user    uint16 // what the list allows the service's user
		shown   os.FileMode
		refused string
	}{
		"read":           {4, 0o440, ""},
		"read and write": {6, 0o460, "0600"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := write(t, filepath.Join(t.TempDir(), "passphrase"), "correct horse\n")
			if err := os.Chmod(path, 0o400); err != nil {
				t.Fatal(err)
			}
			allow(t, path, nobody, c.user)
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != c.shown {
				t.Fatalf("%v, %v; want the mode %04o", info.Mode(), err, c.shown)
			}
			got, err := keyring.PassphraseFile(path)("?")
			if c.refused == "" && (err != nil || got != "correct horse") || c.refused != "" && (err == nil || got != "" || !strings.Contains(err.Error(), c.refused)) {
				t.Errorf("%q, %v; want %q", got, err, c.refused)
			}
		})
	}
}

// TestPassphraseFile_service reads such a file, in such a directory, as the service's user does.
func TestPassphraseFile_service(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("needs root, to run a program as another user")
	}
	dir, err := os.MkdirTemp("", "service") //nolint:usetesting // t.TempDir is below a directory that other users cannot enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "program")
	copyProgram(t, program)
	credentials := filepath.Join(dir, "credentials")
	if err := os.Mkdir(credentials, 0o500); err != nil {
		t.Fatal(err)
	}
	path := write(t, filepath.Join(credentials, "passphrase"), "correct horse\n")
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	allow(t, credentials, nobody, 5)
	allow(t, path, nobody, 4)
	for user, want := range map[uint32]string{nobody: "passphrase: correct horse", nobody - 1: "permission denied"} {
		cmd := exec.CommandContext(t.Context(), program, "-test.run=^$", childMarker, "passphrase", path)
		cmd.Dir = "/"
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: user, Gid: nobody - 2}}
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		wantSaid(t, string(out), want)
	}
}

func copyProgram(t *testing.T, path string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	from, err := os.Open(self)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = from.Close() }()
	to, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(to, from); err != nil {
		t.Fatal(err)
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
}

// allow adds a user to the access control list of a file, as setfacl -m u:USER:RIGHTS does.
func allow(t *testing.T, path string, user uint32, rights uint16) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	owner := uint16(info.Mode().Perm() >> 6)
	// The entries of version 2 of the attribute: a tag, rights, and for a user its id.
	list := binary.LittleEndian.AppendUint32(nil, 2)
	for _, e := range []struct {
		tag, rights uint16
		id          uint32
	}{{0x01, owner, math.MaxUint32}, {0x02, rights, user}, {0x04, 0, math.MaxUint32}, {0x10, rights, math.MaxUint32}, {0x20, 0, math.MaxUint32}} {
		list = binary.LittleEndian.AppendUint16(list, e.tag)
		list = binary.LittleEndian.AppendUint16(list, e.rights)
		list = binary.LittleEndian.AppendUint32(list, e.id)
	}
	if err := syscall.Setxattr(path, "system.posix_acl_access", list, 0); err != nil {
		lacking(t, "access control lists in "+filepath.Dir(path)+": "+err.Error())
	}
}
