package privatedir

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"unsafe"

	"golang.org/x/sys/windows"
)

// isLink reports whether info is that of a symbolic link or of a junction, which
// users make to move a directory to another volume.
func isLink(info fs.FileInfo) bool {
	return info.Mode()&fs.ModeSymlink != 0 || info.Mode()&fs.ModeIrregular != 0 && !info.IsDir()
}

// checkLink accepts every link: making one takes the right to write where it is,
// which checkParent looks at.
func checkLink(string, fs.FileInfo) error { return nil }

// mkdir makes a directory that only this user, administrators and the system may
// enter, whatever the directory above it lets others do.
func mkdir(path string) error {
	private, err := privateDescriptor()
	if err != nil {
		return err
	}
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return err
	}
	attributes := windows.SecurityAttributes{SecurityDescriptor: private}
	attributes.Length = uint32(unsafe.Sizeof(attributes))
	if err := windows.CreateDirectory(name, &attributes); err != nil {
		return &fs.PathError{Op: "mkdir", Path: path, Err: err}
	}
	return nil
}

// checkParent refuses a directory whose content any user of the machine could
// replace. A list that cannot be read is one that no ordinary user can change.
func checkParent(path string, _ fs.FileInfo) error {
	dir, err := openDirectory(path, windows.READ_CONTROL)
	if err != nil {
		return nil
	}
	defer func() { _ = windows.CloseHandle(dir) }()
	list, err := readList(dir)
	if err != nil {
		return nil
	}
	rights := replaceContent
	if filepath.Dir(path) != path {
		rights |= windows.DELETE // to rename the directory; the root of a volume stays
	}
	if sid := list.everyone(rights); sid != "" {
		return fmt.Errorf("%w: %s may replace everything in the parent directory %s; take that right away in its security properties, or choose a directory below your own profile", ErrUntrusted, account(sid), path)
	}
	return nil
}

// checkLast checks the directory itself and makes it private.
func checkLast(path string, _ fs.FileInfo, linked bool) error {
	dir, err := openDirectory(path, windows.READ_CONTROL|windows.WRITE_DAC)
	if err != nil { // the list may be read and not changed
		dir, err = openDirectory(path, windows.READ_CONTROL)
	}
	if err != nil {
		return fmt.Errorf("look at the security of %s: %w", path, err)
	}
	defer func() { _ = windows.CloseHandle(dir) }()
	list, err := readList(dir)
	if err != nil {
		return fmt.Errorf("look at the security of %s: %w", path, err)
	}
	self, err := currentUser()
	if err != nil {
		return err
	}
	switch reader := list.stranger(self, ^windows.ACCESS_MASK(0)); {
	case !trusted(list.owner, self):
		return fmt.Errorf("%w: directory %s belongs to %s; choose another directory", ErrUntrusted, path, account(list.owner))
	case list.absent:
		return fmt.Errorf("%w: directory %s has no access control list, as on a disk that keeps none; choose a directory below your own profile", ErrUntrusted, path)
	case list.stranger(self, changeContent) != "":
		return fmt.Errorf("%w: directory %s is writable by %s; take that right away in its security properties, or choose another directory", ErrUntrusted, path, account(list.stranger(self, changeContent)))
	case reader == "":
		return nil
	case linked:
		return fmt.Errorf("%w: directory %s is readable by %s and was named by a link; take that right away in its security properties, or name it without the link", ErrUntrusted, path, account(reader))
	}
	return tighten(dir)
}

// tighten takes all rights from others. Where that fails nothing is lost: they
// could read names and sealed files, and write neither.
func tighten(dir windows.Handle) error {
	private, err := privateDescriptor()
	if err != nil {
		return err
	}
	list, _, err := private.DACL()
	if err != nil {
		return err
	}
	const what = windows.DACL_SECURITY_INFORMATION | windows.PROTECTED_DACL_SECURITY_INFORMATION
	// The first call reaches the files that are there already, which other users
	// could open by name. Wine, however, lets the directory inherit again by it.
	_ = windows.SetSecurityInfo(dir, windows.SE_FILE_OBJECT, what, nil, nil, list, nil)
	_ = windows.SetSecurityInfo(dir, windows.SE_KERNEL_OBJECT, what, nil, nil, list, nil)
	return nil
}

// openDirectory opens the directory at path itself, also if it is a link by now.
func openDirectory(path string, access uint32) (windows.Handle, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return 0, err
	}
	const share = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE
	const flags = windows.FILE_FLAG_BACKUP_SEMANTICS | windows.FILE_FLAG_OPEN_REPARSE_POINT
	return windows.CreateFile(name, access, share, nil, windows.OPEN_EXISTING, flags, 0)
}
