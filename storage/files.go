package storage

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/chatelaine-go/chatelaine/storage/internal/atomicfile"
	"github.com/chatelaine-go/chatelaine/storage/internal/envelope"
	"github.com/chatelaine-go/chatelaine/storage/internal/servicename"
)

const (
	sealedSuffix = ".sealed"
	lockSuffix   = ".lock"
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

// temps is the directory of files that are being written. It is a directory of
// their own because it is listed at each Update, and the number of values must
// not count there.
func (f files) temps() string { return filepath.Join(f.dir, "tmp") }

// serviceLock is the file of the lock that every Update shares. It is held
// exclusively while the encryption key is created or removed.
func (f files) serviceLock() string { return filepath.Join(f.dir, f.service+lockSuffix) }

func (f files) base(key string) string {
	place := envelope.PlaceOf(envelope.Context{Service: f.service, Name: key})
	return filepath.Join(f.dir, f.service+"-"+hex.EncodeToString(place[:]))
}

// list returns the paths of all files of the service with suffix that belong to
// a key.
func (f files) list(suffix string) ([]string, error) {
	entries, err := os.ReadDir(f.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("storage: list the directory: %w", err)
	}
	var paths []string
	for _, e := range entries {
		if f.isFileOfKey(e.Name(), suffix) {
			paths = append(paths, filepath.Join(f.dir, e.Name()))
		}
	}
	return paths, nil
}

// checkSimilar refuses a directory that a service with a similar name uses: on
// many file systems both would have the same lock.
func (f files) checkSimilar() error {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return fmt.Errorf("storage: list the directory: %w", hideNotExist(err))
	}
	for _, e := range entries {
		if other, ok := strings.CutSuffix(e.Name(), lockSuffix); ok && servicename.Similar(other, f.service) {
			return fmt.Errorf("storage: the directory %s is in use by the service %q, which differs from %q only in case; use that name, or another directory", f.dir, other, f.service)
		}
	}
	return nil
}

// isFileOfKey reports whether name is that of a file of any key of the service.
func (f files) isFileOfKey(name, suffix string) bool {
	_, ok := f.place(name, suffix)
	return ok
}

// place reads the place of a value from the name of its file.
func (f files) place(name, suffix string) (place envelope.Place, ok bool) {
	rest, mine := strings.CutPrefix(name, f.service+"-")
	digits, ok := strings.CutSuffix(rest, suffix)
	if !mine || !ok || len(digits) != hex.EncodedLen(len(place)) {
		return place, false
	}
	_, err := hex.Decode(place[:], []byte(digits))
	return place, err == nil
}

// sweep removes what killed processes left in the directory temps of files that
// were being written.
func (f files) sweep(temps string, age time.Duration) error {
	return atomicfile.Sweep(temps, age, func(target string) bool { return f.isFileOfKey(target, sealedSuffix) })
}
