package keyring

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	kr "github.com/99designs/keyring"

	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/internal/atomicfile"
	"github.com/chatelaine-go/chatelaine/storage/internal/privatedir"
)

const (
	maxItemFile = 64 << 10
	// 99designs/keyring writes 8192, which is little for a passphrase and
	// enough for what ours has been stretched to. An entry that asks for much
	// more wants to burn the CPU.
	maxItemWork = 100_000
)

// checkFile checks the entry of the file backend before the library behind it
// spends time on it.
func (b *backend) checkFile(item string) error {
	if b.name != backendFile || b.cfg.seams.fake {
		return nil
	}
	path := b.file(item)
	raw, err := atomicfile.Read(path, maxItemFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errAbsent
	case errors.Is(err, atomicfile.ErrUnexpected):
		return damagedItem(path, err)
	case err != nil:
		return fmt.Errorf("%w: file: read: %w", ErrUnavailable, err)
	}
	if err := checkHeader(string(raw)); err != nil {
		return damagedItem(path, err)
	}
	return nil
}

func (b *backend) file(item string) string { return filepath.Join(b.fileDir(), item) }

// decoding gives an error of the library that reads the entry its kind. The
// passphrase has been checked, so if it cannot be decrypted it is damaged.
func (b *backend) decoding(item string, err error) error {
	if b.name != backendFile || b.cfg.seams.fake || err == nil || errors.Is(err, kr.ErrKeyNotFound) {
		return err
	}
	return damagedItem(b.file(item), err)
}

// checkHeader reads the protected header of a JWE in compact form (RFC 7516
// section 3.1), which is what the file backend writes.
func checkHeader(jwe string) error {
	head, _, _ := strings.Cut(jwe, ".")
	raw, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil {
		return errors.New("no header")
	}
	// A map, as the library reads it: a struct would take P2C for p2c.
	var header map[string]any
	if err := json.Unmarshal(raw, &header); err != nil {
		return errors.New("unreadable header")
	}
	if _, zip := header["zip"]; zip || header["alg"] != "PBES2-HS256+A128KW" || header["enc"] != "A256GCM" {
		return errors.New("unexpected algorithm")
	}
	if work, ok := header["p2c"].(float64); !ok || work < 1 || work > maxItemWork {
		return fmt.Errorf("absurd work factor (more than %d)", maxItemWork)
	}
	return nil
}

func damagedItem(path string, err error) error {
	return fmt.Errorf("%w: the encryption key in %s: %w; restore it from a backup, or purge the store and sign in again", storage.ErrCorrupt, path, certain(err))
}

// syncFile brings an entry that the backend has just written to the disk,
// readable for nobody else. Other backends see to that themselves.
func (b *backend) syncFile(item string) error {
	switch {
	case b.cfg.seams.fake:
		return nil
	case b.name == backendPass:
		return syncPass(item)
	case b.name != backendFile:
		return nil
	}
	return atomicfile.Sync(b.file(item))
}

// prepareFile sees that nobody else can put anything where an entry of the file
// backend is going to be written.
func (b *backend) prepareFile() error {
	if b.name != backendFile || b.cfg.seams.fake {
		return nil
	}
	_, err := privatedir.Ensure(b.fileDir())
	return err
}

// ignoreAbsent: each backend has its own way to say that there was nothing to
// remove.
func ignoreAbsent(err error) error {
	if errors.Is(err, kr.ErrKeyNotFound) || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
