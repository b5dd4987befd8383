//go:build unix

package keyring

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// A pipe would be waited for until its other end is opened.
const openNonblocking = syscall.O_NONBLOCK

// checkPassphraseFile refuses a file whose passphrase another user could have
// chosen. Read access is the responsibility of whoever mounted it.
func checkPassphraseFile(path string, info fs.FileInfo) error {
	st, ok := info.Sys().(*syscall.Stat_t)
	if ok && st.Uid != 0 && int(st.Uid) != os.Geteuid() {
		return fmt.Errorf("%s belongs to user %d; it must belong to user %d, who runs this program, or to root", path, st.Uid, os.Geteuid())
	}
	if info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("%s can be written by other users (mode %04o); make it 0600", path, info.Mode().Perm())
	}
	return nil
}
