package keyring

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/internal/atomicfile"
	"github.com/chatelaine-go/chatelaine/storage/internal/servicename"
)

const (
	// manifestVersion is the newest version that this code reads. The first one
	// is written whenever it can say all.
	manifestVersion = 2
	maxManifest     = 64 << 10
	itemPrefix      = "chatelaine"
)

// A manifest is what is remembered beside the sealed files: which backend holds
// the key, under which name, and which key it is. It holds no secret. It is
// written before the key, so that a key is never stored where it cannot be
// found, and again when the key has been read back.
type manifest struct {
	Version int    `json:"version"`
	Service string `json:"service"`
	Backend string `json:"backend"`
	Ready   bool   `json:"ready"`            // the key has been read back
	Item    string `json:"item"`             // the name of the entry in the backend
	KeyID   string `json:"key_id"`           // which key must be in it
	KDF     *kdf   `json:"stretch,omitzero"` // file: how the passphrase becomes the password
}

func manifestPath(cfg Config) string {
	return filepath.Join(cfg.Dir, cfg.Service+".keyring")
}

// errNoManifest says that no key has been created.
var errNoManifest error = absentError("no key has been created")

// readManifest returns errNoManifest when there is none yet.
func readManifest(cfg Config) (*manifest, error) {
	path := manifestPath(cfg)
	raw, err := atomicfile.Read(path, maxManifest)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errNoManifest
	}
	if errors.Is(err, atomicfile.ErrUnexpected) {
		return nil, damagedManifest(err)
	}
	if err != nil {
		return nil, fmt.Errorf("keyring: %w", err)
	}
	// The version is looked at first: a newer one may be checked otherwise.
	var v struct {
		Version int `json:"version"`
	}
	line, sum, _ := bytes.Cut(raw, []byte("\n"))
	if json.Unmarshal(line, &v) == nil && v.Version > manifestVersion {
		return nil, fmt.Errorf("%w: %s has version %d, this program knows up to %d; update the program", storage.ErrTooNew, path, v.Version, manifestVersion)
	}
	var m manifest
	if string(sum) != checksum(line)+"\n" || json.Unmarshal(line, &m) != nil {
		return nil, damagedManifest(fmt.Errorf("%s does not match its checksum", path))
	}
	if servicename.Similar(m.Service, cfg.Service) {
		return nil, fmt.Errorf("keyring: the directory is in use by the service %q, which differs from %q only in case; use that name, or another directory", m.Service, cfg.Service)
	}
	if m.Service != cfg.Service {
		return nil, damagedManifest(fmt.Errorf("%s belongs to the service %q", path, m.Service))
	}
	return &m, nil
}

func damagedManifest(err error) error {
	return fmt.Errorf("%w: what is remembered of the keyring: %w; restore it from a backup, or purge the store and sign in again", storage.ErrCorrupt, err)
}

// write writes the manifest: one line of JSON, one line with its checksum.
func (m *manifest) write(cfg Config) error {
	m.Version = 1
	if m.KDF != nil && m.KDF.Name != pbkdf2Name {
		m.Version = 2
	}
	line, err := json.Marshal(m)
	if err != nil {
		return err
	}
	file := fmt.Appendf(nil, "%s\n%s\n", line, checksum(line))
	path := manifestPath(cfg)
	// What processes that were killed have left.
	err = atomicfile.Sweep(cfg.Dir, time.Minute, func(target string) bool { return target == filepath.Base(path) })
	if err == nil {
		err = atomicfile.Write(path, file)
	}
	if err != nil {
		return fmt.Errorf("keyring: remember the backend; check that the directory is writable: %w", hideNotExist(err))
	}
	return nil
}

func removeManifest(cfg Config) error {
	if err := atomicfile.Remove(manifestPath(cfg)); err != nil {
		return fmt.Errorf("keyring: purge: %w", hideNotExist(err))
	}
	return nil
}

// verify reports whether key is the one that the manifest describes.
func (m *manifest) verify(key []byte) error {
	if len(key) != storage.KeySize || keyID(key) != m.KeyID {
		return fmt.Errorf("%w: the entry %s in %s is not the encryption key; restore it, or purge the store and sign in again", storage.ErrCorrupt, m.Item, m.Backend)
	}
	return nil
}

func checksum(line []byte) string {
	sum := sha256.Sum256(line)
	return hex.EncodeToString(sum[:])
}
