package keyring

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// maxPassphrase is the longest passphrase that is read, in bytes.
const maxPassphrase = 4 << 10

// PassphraseFile returns a [Config].Passphrase that reads the first line of a
// file, of at most 4 KiB. It is for programs that run without a user.
//
// The file must be a regular one that belongs to this user or to root, and that
// no other user can write to. So the files that service managers mount are
// accepted as they are: those of systemd's LoadCredential (mode 0440 with an
// access control list), of Kubernetes (0644, or 0440 with an fsGroup, behind
// symbolic links), and of Docker (0444). For a file that you make yourself mode
// 0600 is best. A pipe is refused rather than waited for. On Windows only the
// kind of file is checked, because modes say nothing there.
func PassphraseFile(path string) func(prompt string) (string, error) {
	return func(string) (string, error) {
		f, err := os.OpenFile(filepath.Clean(path), os.O_RDONLY|openNonblocking, 0)
		if err != nil {
			return "", err
		}
		defer func() { _ = f.Close() }()
		info, err := f.Stat()
		if err != nil {
			return "", err
		}
		if !info.Mode().IsRegular() {
			return "", fmt.Errorf("%s is not a regular file", path)
		}
		if err := checkPassphraseFile(path, info); err != nil {
			return "", err
		}
		return firstLine(f)
	}
}

func firstLine(r io.Reader) (string, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxPassphrase+1))
	defer clear(data)
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(string(data), "\n")
	if len(line) > maxPassphrase {
		return "", fmt.Errorf("the passphrase is longer than %d bytes", maxPassphrase)
	}
	return strings.TrimSuffix(line, "\r"), nil
}
