package keyring_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

// disk mounts a small file system of its own.
func disk(t *testing.T, options string) (dir string) {
	t.Helper()
	if os.Geteuid() != 0 {
		lacking(t, "mounting a file system needs root")
	}
	dir = t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "mode=0700,"+options); err != nil {
		lacking(t, "mount: "+err.Error())
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fill leaves no more than about free bytes on the disk of dir.
func fill(t *testing.T, dir string, free int64) (filler string) {
	t.Helper()
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		t.Fatal(err)
	}
	filler = filepath.Join(dir, "filler")
	size := max(0, int64(st.Bavail*uint64(st.Bsize))-free)
	if err := os.WriteFile(filler, make([]byte, size), 0o600); err != nil {
		t.Fatal(err)
	}
	return filler
}

// A full disk is noticed before the callback spends a token.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	dir := disk(t, "size=256k")
	cfg := fileConfig(filepath.Join(dir, "state"))
	s := open(t, cfg)
	put(t, s, "default", "old")
	for _, free := range []int64{0, 4 << 10, 16 << 10} {
		filler := fill(t, dir, free)
		called := false
		err := s.Update(t.Context(), "default", func(context.Context, []byte) ([]byte, error) {
			called = true
			return []byte("new"), nil
		})
		if called || !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "directory") {
			t.Errorf("%d bytes free: callback called %t, %v", free, called, err)
		}
		wantValue(t, s, "default", "old")
		wantValue(t, open(t, cfg), "default", "old")
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
	}
	put(t, s, "default", "new")

	// A value that is longer than what could be reserved keeps the old one.
	called := false
	err := s.Update(t.Context(), "default", func(context.Context, []byte) ([]byte, error) {
		called = true
		return make([]byte, 300<<10), nil
	})
	if !called || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("callback called %t, %v", called, err)
	}
	wantValue(t, s, "default", "new")
	put(t, s, "default", "newer")
	wantValue(t, s, "default", "newer")
}

// Nor is a key created in part.
func TestFullDiskAtFirstOpen(t *testing.T) {
	t.Parallel()
	dir := disk(t, "size=64k")
	cfg := fileConfig(filepath.Join(dir, "state"))
	for free := int64(0); free <= 20<<10; free += 4 << 10 {
		filler := fill(t, dir, free)
		if s, err := keyring.Open(t.Context(), cfg); err == nil {
			_ = s.Close()
		} else if errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%d bytes free: %v", free, err)
		}
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
		s := open(t, cfg)
		put(t, s, "default", "value")
		wantValue(t, open(t, cfg), "default", "value")
		if err := s.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReadOnlyDisk(t *testing.T) {
	t.Parallel()
	dir := disk(t, "size=256k")
	cfg := fileConfig(dir)
	put(t, open(t, cfg), "default", "old")
	// The disk is busy while a process that another test starts still has a copy of the descriptors.
	for began := time.Now(); ; pause(10 * time.Millisecond) {
		err := syscall.Mount("tmpfs", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, "")
		if err == nil {
			break
		}
		if !errors.Is(err, syscall.EBUSY) || time.Since(began) > patience {
			t.Fatal(err)
		}
	}
	s := open(t, cfg)
	wantValue(t, s, "default", "old")
	called := false
	err := s.Update(t.Context(), "default", func(context.Context, []byte) ([]byte, error) {
		called = true
		return nil, nil
	})
	if called || !errors.Is(err, syscall.EROFS) || !strings.Contains(err.Error(), "directory") {
		t.Errorf("Update: callback called %t, %v", called, err)
	}
	wantValue(t, s, "default", "old")
	// A home directory in a read-only container.
	fresh := fileConfig(filepath.Join(dir, "home", ".local", "state"))
	if _, err := keyring.Open(t.Context(), fresh); !errors.Is(err, syscall.EROFS) || !strings.Contains(err.Error(), "directory") {
		t.Errorf("Open: %v", err)
	}
	for _, r := range keyring.Diagnose(t.Context(), fresh) {
		if r.Usable || (r.Backend == "file" && !strings.Contains(r.Fix, "directory")) {
			t.Errorf("%+v", r)
		}
	}
}

// A user other than root may read the directory, but not write to it.
func TestReadOnlyDirectory(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		out := asNobody(t, "readonly")
		wantSaid(t, out, "done")
		return
	}
	if err := readOnly(t.Context(), t.TempDir()); err != nil {
		t.Fatal(err)
	}
}

// asNobody plays a role as a user without rights, in a directory of his.
func asNobody(t *testing.T, role string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o711); err != nil { // others may pass
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(dir, "program")
	if err := os.WriteFile(copied, program, 0o755); err != nil {
		t.Fatal(err)
	}
	const nobody = 65534
	if err := os.Chown(dir, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	cmd := command(t.Context(), t, []string{"HOME=" + dir}, role, filepath.Join(dir, "state"))
	cmd.Path, cmd.Dir = copied, dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}
