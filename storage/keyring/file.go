package keyring

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

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

// A fileRing checks the entries of the file backend before the library spends
// time on them, brings them to the disk, and keeps others out of their
// directory.
type fileRing struct {
	ring
	dir string
}

func (r fileRing) get(item string) ([]byte, error) {
	path := filepath.Join(r.dir, item)
	if err := checkItemFile(path); err != nil {
		return nil, err
	}
	data, err := r.ring.get(item)
	if err != nil && !isAbsent(err) {
		// The passphrase has been checked, so an entry that cannot be decrypted is
		// damaged.
		return nil, damagedItem(path, err)
	}
	return data, err
}

func (r fileRing) set(item string, data []byte) error {
	if _, err := privatedir.Ensure(r.dir); err != nil {
		return err
	}
	if err := r.ring.set(item, data); err != nil {
		return err
	}
	return atomicfile.Sync(filepath.Join(r.dir, item))
}

// checkItemFile checks an entry without decrypting it.
func checkItemFile(path string) error {
	raw, err := atomicfile.Read(path, maxItemFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errAbsent
	case errors.Is(err, atomicfile.ErrUnexpected):
		return damagedItem(path, err)
	case err != nil:
		return err
	}
	if err := checkHeader(string(raw)); err != nil {
		return damagedItem(path, err)
	}
	return nil
}

// lookAtFile checks the entry of the key without asking for the passphrase.
func (b *backend) lookAtFile(item string) error {
	return checkItemFile(filepath.Join(b.fileDir(), item))
}

// tryFile tries the file backend in a directory that is gone afterwards, with a
// passphrase of its own.
func tryFile(ctx context.Context, b *backend) error {
	if b.cfg.Passphrase == nil {
		return fmt.Errorf("%w: the encrypted key file needs one, and this program does not ask for it", ErrNoPassphrase)
	}
	temp, err := os.MkdirTemp(b.cfg.Dir, "test-")
	if err != nil {
		return b.kind.failed("write", err)
	}
	defer func() { _ = os.RemoveAll(temp) }()
	apart := newBackend(b.kind.name, b.cfg)
	apart.cfg.Dir, apart.password = temp, newItem("test")
	return apart.probe(ctx)
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
	return fmt.Errorf("%w: the encryption key in %s: %w; restore it from a backup, or purge the store and sign in again", storage.ErrCorrupt, path, hideNotExist(err))
}
