package privatedir

import "syscall"

// hasACL reports whether an access control list gives further users access to
// the file at path. The group bits of its mode are then a mask for them.
func hasACL(path string) bool {
	n, err := syscall.Getxattr(path, "system.posix_acl_access", nil)
	return err == nil && n > 0
}
