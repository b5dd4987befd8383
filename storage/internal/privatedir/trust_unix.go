//go:build unix

package privatedir

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

const (
	groupWrite = 0o020
	otherWrite = 0o002
	// The users of an Android app begin here; smaller numbers are the system's.
	firstAndroidApp = 10_000
)

func mkdir(path string) error { return os.Mkdir(path, 0o700) }

func isLink(info fs.FileInfo) bool { return info.Mode()&fs.ModeSymlink != 0 }

// checkParent refuses a directory whose content another user could replace.
func checkParent(path string, info fs.FileInfo) error {
	owner, group := owners(info)
	if !trusted(owner) {
		return fmt.Errorf("%w: the parent directory %s belongs to user %d, who could replace everything in it; choose a directory below your own home", ErrUntrusted, path, owner)
	}
	mode := info.Mode()
	if mode&fs.ModeSticky != 0 {
		return nil
	}
	// A group with its owner's number is the owner's private one.
	if mode&otherWrite != 0 || mode&groupWrite != 0 && (group != owner || hasACL(path)) {
		return fmt.Errorf("%w: the parent directory %s is writable by other users (%s); run chmod go-w on it or choose another", ErrUntrusted, path, permission(path, mode))
	}
	return nil
}

// checkLink refuses a symbolic link that another user has put there.
func checkLink(path string, info fs.FileInfo) error {
	if owner, _ := owners(info); !trusted(owner) {
		return fmt.Errorf("%w: %s is a symbolic link that belongs to user %d; name the directory itself, or remove the link", ErrUntrusted, path, owner)
	}
	return nil
}

// checkLast checks the directory itself and makes it private.
func checkLast(path string, info fs.FileInfo, linked bool) error {
	owner, _ := owners(info)
	perm := info.Mode().Perm()
	switch {
	case owner != os.Geteuid():
		return fmt.Errorf("%w: directory %s belongs to user %d, but this process runs as user %d; choose another directory", ErrUntrusted, path, owner, os.Geteuid())
	case perm&(groupWrite|otherWrite) != 0:
		return fmt.Errorf("%w: directory %s is writable by other users (%s); run chmod 700 on it or choose another", ErrUntrusted, path, permission(path, info.Mode()))
	case perm&0o077 == 0:
		return nil
	case linked:
		return fmt.Errorf("%w: directory %s is readable by other users (mode %04o) and was named by a symbolic link; run chmod 700 on it or name it without the link", ErrUntrusted, path, perm)
	}
	return tighten(path, info)
}

// tighten removes the permission of others from the very directory that was
// checked. Where that fails, on a read-only file system say, nothing is lost:
// others could read names and sealed files, and write neither.
func tighten(path string, checked fs.FileInfo) error {
	dir, err := os.OpenFile(filepath.Clean(path), os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err == nil {
		defer func() { _ = dir.Close() }()
		now, err := dir.Stat()
		if err != nil || !os.SameFile(now, checked) {
			return fmt.Errorf("%w: directory %s was replaced while it was checked", ErrUntrusted, path)
		}
		_ = dir.Chmod(checked.Mode().Perm() & 0o700)
	}
	return nil
}

// permission says what lets other users in.
func permission(path string, mode fs.FileMode) string {
	text := fmt.Sprintf("mode %04o", mode.Perm())
	if hasACL(path) {
		text += " and an access control list, see getfacl"
	}
	return text
}

func owners(info fs.FileInfo) (user, group int) {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(st.Uid), int(st.Gid)
	}
	return os.Geteuid(), os.Getegid()
}

// trusted reports whether user may own what is above a private directory.
func trusted(user int) bool {
	return user == os.Geteuid() || user == 0 || runtime.GOOS == "android" && user < firstAndroidApp
}
