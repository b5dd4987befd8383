package storage

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	sealedSuffix = ".sealed"
	lockSuffix   = ".lock"
	hashLen      = 32
)

// files knows the names in the directory of a sealed store. Keys get into them
// only as a hash, so that no key can be too long, be reserved, differ only in
// case, or climb out of the directory.
type files struct {
	dir     string
	service string
}

// sealed is the file of the value stored under key.
func (f files) sealed(key string) string { return f.base(key) + sealedSuffix }

// lock is the file of key's lock.
func (f files) lock(key string) string { return f.base(key) + lockSuffix }

// serviceLock is the file of the lock that every Update shares and that only
// who creates or removes the encryption key holds alone.
func (f files) serviceLock() string { return filepath.Join(f.dir, f.service+lockSuffix) }

func (f files) base(key string) string {
	sum := sha256.Sum256([]byte(f.service + "\x00" + key))
	return filepath.Join(f.dir, f.service+"-"+hex.EncodeToString(sum[:])[:hashLen])
}

// list returns the paths of all sealed files of the service.
func (f files) list() ([]string, error) {
	entries, err := os.ReadDir(f.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("storage: list sealed files: %w", err)
	}
	var paths []string
	for _, e := range entries {
		hash, ok := strings.CutSuffix(strings.TrimPrefix(e.Name(), f.service+"-"), sealedSuffix)
		if ok && strings.HasPrefix(e.Name(), f.service+"-") && isHash(hash) {
			paths = append(paths, filepath.Join(f.dir, e.Name()))
		}
	}
	return paths, nil
}

func isHash(s string) bool {
	_, err := hex.DecodeString(s)
	return err == nil && len(s) == hashLen
}
