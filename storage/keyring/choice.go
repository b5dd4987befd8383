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
)

const (
	choiceVersion = 1
	maxChoice     = 64 << 10
	itemPrefix    = "chatelaine"
)

// A choice is what is remembered beside the sealed files: which backend holds
// the key, under which name, and which key it is. It holds no secret. It is
// written before the key, so that a key is never stored where nobody finds it,
// and again when the key has been read back.
type choice struct {
	Version int      `json:"version"`
	Service string   `json:"service"`
	Backend string   `json:"backend"`
	Ready   bool     `json:"ready"`            // the key has been read back
	Item    string   `json:"item"`             // the name of the entry in the backend
	KeyID   string   `json:"key_id"`           // which key must be in it
	Stretch *stretch `json:"stretch,omitzero"` // file: how the passphrase is stretched
}

func choicePath(cfg Config) string {
	return filepath.Join(cfg.Dir, cfg.Service+".keyring")
}

// errNoChoice says that no key has been created.
var errNoChoice error = absentError("no key has been created")

// readChoice returns errNoChoice when nothing has been chosen yet.
func readChoice(cfg Config) (*choice, error) {
	path := choicePath(cfg)
	raw, err := atomicfile.Read(path, maxChoice)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errNoChoice
	}
	if errors.Is(err, atomicfile.ErrUnexpected) {
		return nil, damagedChoice(err)
	}
	if err != nil {
		return nil, fmt.Errorf("keyring: %w", err)
	}
	// The version is looked at first: a newer one may be checked otherwise.
	var v struct {
		Version int `json:"version"`
	}
	line, sum, _ := bytes.Cut(raw, []byte("\n"))
	if json.Unmarshal(line, &v) == nil && v.Version > choiceVersion {
		return nil, fmt.Errorf("%w: %s has version %d, this program knows up to %d; update the program", storage.ErrTooNew, path, v.Version, choiceVersion)
	}
	var c choice
	if string(sum) != checksum(line)+"\n" || json.Unmarshal(line, &c) != nil {
		return nil, damagedChoice(fmt.Errorf("%s does not match its checksum", path))
	}
	if c.Service != cfg.Service {
		return nil, damagedChoice(fmt.Errorf("%s belongs to the service %q", path, c.Service))
	}
	return &c, nil
}

func damagedChoice(err error) error {
	return fmt.Errorf("%w: what is remembered of the keyring: %w; restore it from a backup, or purge the store and sign in again", storage.ErrCorrupt, err)
}

// write remembers the choice: one line of JSON, one line with its checksum.
func (c *choice) write(cfg Config) error {
	line, err := json.Marshal(c)
	if err != nil {
		return err
	}
	file := fmt.Appendf(nil, "%s\n%s\n", line, checksum(line))
	path := choicePath(cfg)
	// What processes that were killed have left.
	err = atomicfile.Sweep(cfg.Dir, time.Minute, func(target string) bool { return target == filepath.Base(path) })
	if err == nil {
		err = atomicfile.Write(path, file)
	}
	if err != nil {
		return fmt.Errorf("keyring: remember the backend (the Dir setting moves the directory): %w", certain(err))
	}
	return nil
}

func checksum(line []byte) string {
	sum := sha256.Sum256(line)
	return hex.EncodeToString(sum[:])
}
