package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/chatelaine-go/chatelaine/storage/internal/atomicfile"
	"github.com/chatelaine-go/chatelaine/storage/internal/envelope"
	"github.com/chatelaine-go/chatelaine/storage/internal/privatedir"
	"github.com/chatelaine-go/chatelaine/storage/internal/servicename"
)

// SealedConfig configures [OpenSealed]. All fields are required.
type SealedConfig struct {
	// Dir is the directory of the sealed files and their locks, made with mode 0700 if it is
	// missing. It is refused if it belongs to another user, if others may write to it, or if
	// another user could replace it: each directory above must belong to this user or root, and be
	// writable by others only with the sticky bit, as /tmp is. Symbolic links of other users are
	// refused too. Permission for others to read Dir is removed, unless a symbolic link leads to
	// it: then Dir is refused if others can read it. On Windows the access control lists decide in
	// the same way, and administrators count as this user; above Dir only directories that a group
	// of all users may replace are refused. Dir should be on a local disk: the locks of some
	// network file systems do not reach other machines.
	Dir string
	// Service is the program's name: 1 to 64 letters, digits, dots, dashes or
	// underscores, beginning with a letter or digit, not ending with a dot, and
	// not the name of a device on Windows (nul, con, com1 …). Values are bound to
	// it; several services may share a directory, unless their names differ only
	// in case.
	Service string
	// Key keeps the encryption key.
	Key KeySource
}

// Sealed is a [Store] of encrypted files, one per key, safe for concurrent use
// by any number of goroutines and processes. Use [OpenSealed]; the methods of
// the zero value return an error.
type Sealed struct {
	files files
	key   KeySource
}

// OpenSealed checks cfg and the directory and returns the store. It does not
// ask for the key yet; [Sealed.Unlock] does, or the first use.
func OpenSealed(cfg SealedConfig) (*Sealed, error) {
	var problems []error
	if cfg.Dir == "" {
		problems = append(problems, errors.New("storage: SealedConfig.Dir is empty"))
	}
	if err := servicename.Check(cfg.Service); err != nil {
		problems = append(problems, fmt.Errorf("storage: SealedConfig.Service: %w", err))
	}
	if cfg.Key == nil {
		problems = append(problems, errors.New("storage: SealedConfig.Key is nil"))
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	dir, err := prepare(cfg.Dir)
	if err != nil {
		return nil, err
	}
	s := &Sealed{files: files{dir: dir, service: cfg.Service}, key: cfg.Key}
	// It is litter, so whether it can be removed does not matter.
	_ = s.files.sweep(s.files.temps(), maxUpdate)
	return s, nil
}

// opened returns an error if s is the zero value.
func (s *Sealed) opened() error {
	if s == nil || s.key == nil {
		return errors.New("storage: the store has not been opened; use OpenSealed, or keyring.Open")
	}
	return nil
}

// prepare makes the directory and returns one name for it, so that all stores
// in it queue for the same locks.
func prepare(dir string) (string, error) {
	resolved, err := privatedir.Ensure(dir)
	if err != nil {
		return "", fmt.Errorf("storage: the directory of the store cannot be used: %w", hideNotExist(err))
	}
	return resolved, nil
}

// Load implements [Store]. It asks for the encryption key only if there is a
// value.
func (s *Sealed) Load(ctx context.Context, key string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("storage: load: %w", err)
	}
	if err := errors.Join(s.opened(), checkKey(key)); err != nil {
		return nil, err
	}
	path := s.files.sealed(key)
	file, err := readSealed(path)
	for err == nil && file != nil {
		value, _, openErr := s.open(ctx, key, file)
		if openErr == nil {
			return value, nil
		}
		// The store may have been purged, or the value replaced under another
		// encryption key, between reading the one and the other.
		before := file
		if file, err = readSealed(path); err == nil && bytes.Equal(before, file) {
			return nil, openErr
		}
	}
	if err != nil {
		return nil, err
	}
	return nil, notExist(key)
}

// readSealed returns nil without an error when there is certainly no file.
func readSealed(path string) ([]byte, error) {
	file, err := atomicfile.Read(path, maxKey+maxValue+envelope.Overhead)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, checkAbove(filepath.Dir(path))
	case errors.Is(err, atomicfile.ErrUnexpected):
		return nil, openError(path, err)
	case err != nil:
		return nil, fmt.Errorf("storage: load: %w", err)
	default:
		return file, nil
	}
}

// checkAbove reports why a file that could not be found below dir may be there
// all the same. Windows says that a file does not exist also when the path to it
// goes through another file, or when the whole disk is missing.
func checkAbove(dir string) error {
	for {
		info, err := os.Stat(dir)
		parent := filepath.Dir(dir)
		switch {
		case err == nil && info.IsDir():
			return nil
		case err == nil:
			return fmt.Errorf("storage: load: %s is not a directory any more", dir)
		case !errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("storage: load: %w", err)
		case parent == dir:
			return fmt.Errorf("storage: load: the disk of %s is not there", dir)
		}
		dir = parent
	}
}

func (s *Sealed) open(ctx context.Context, key string, file []byte) (value []byte, generation uint64, err error) {
	secret, err := s.loadKey(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, keyMissing(err)
	}
	if err != nil {
		return nil, 0, err
	}
	defer clear(secret)
	return s.unseal(secret, key, file)
}

func (s *Sealed) unseal(secret []byte, key string, file []byte) (value []byte, generation uint64, err error) {
	value, generation, err = envelope.Open(secret, s.context(key), file)
	if err != nil {
		return nil, 0, openError(s.files.sealed(key), err)
	}
	return value, generation, nil
}

// String names the service and the directory.
func (s *Sealed) String() string {
	return fmt.Sprintf("storage.Sealed(%s in %s)", s.files.service, s.files.dir)
}

// GoString is [Sealed.String], so %#v shows nothing that a key source holds.
func (s *Sealed) GoString() string { return s.String() }

func (s *Sealed) context(key string) envelope.Context {
	return envelope.Context{Service: s.files.service, Name: key}
}

func keyMissing(cause error) error {
	return fmt.Errorf("%w, but there is a sealed value; unlock or restore the keyring, or purge the store and sign in again: %w", ErrKeyMissing, hideNotExist(cause))
}
