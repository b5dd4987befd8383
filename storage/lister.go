package storage

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"path/filepath"
	"slices"

	"github.com/chatelaine-go/chatelaine/storage/internal/envelope"
)

// A Lister is a [Store] that can list its keys.
type Lister interface {
	// Keys yields each key that has a value, in no particular order. A value that is damaged yields
	// the error of Load in place of its key, and the iteration continues; so does one that was
	// saved by a version which did not keep keys, until it is saved again. An error that concerns
	// all values, such as a locked keyring or the end of ctx, is the last one. A value that is
	// saved or removed during the iteration may or may not be included.
	Keys(ctx context.Context) iter.Seq2[string, error]
}

var (
	_ Lister = (*Memory)(nil)
	_ Lister = (*Sealed)(nil)
)

// Keys implements [Lister]. It asks for the encryption key only if there is a
// value.
func (s *Sealed) Keys(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if err := s.opened(); err != nil {
			yield("", err)
			return
		}
		paths, err := s.files.list(sealedSuffix)
		if err != nil || len(paths) == 0 {
			if err != nil {
				yield("", err)
			}
			return
		}
		secret, err := s.loadKey(ctx)
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				err = keyMissing(err)
			}
			yield("", err)
			return
		}
		defer clear(secret)
		for _, path := range paths {
			if err := ctx.Err(); err != nil {
				yield("", fmt.Errorf("storage: list: %w", err))
				return
			}
			key, err := s.keyOf(secret, path)
			if errors.Is(err, fs.ErrNotExist) {
				continue // removed since the directory was read
			}
			if !yield(key, err) {
				return
			}
		}
	}
}

// keyOf returns the key of the sealed file at path.
func (s *Sealed) keyOf(secret []byte, path string) (string, error) {
	file, err := readSealed(path)
	if err != nil {
		return "", err
	}
	if file == nil {
		return "", fs.ErrNotExist
	}
	place, _ := s.files.place(filepath.Base(path), sealedSuffix)
	key, err := envelope.NameOf(secret, s.files.service, place, file)
	if errors.Is(err, envelope.ErrNameless) {
		return "", fmt.Errorf("storage: the key of %s is not known until it is saved again: %w", path, err)
	}
	if err != nil {
		return "", openError(path, err)
	}
	return key, nil
}

// Keys implements [Lister], in alphabetical order.
func (m *Memory) Keys(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		m.mu.RLock()
		keys := slices.Sorted(maps.Keys(m.values))
		m.mu.RUnlock()
		for _, key := range keys {
			if err := ctx.Err(); err != nil {
				yield("", fmt.Errorf("storage: list: %w", err))
				return
			}
			if !yield(key, nil) {
				return
			}
		}
	}
}
