package storage

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/chatelaine-go/chatelaine/storage/internal/nested"
)

// A Replacer is a [Store] that can give up a value that it cannot read, for one
// key and no other.
type Replacer interface {
	// Replace is [Store].Update, except that a value which is damaged, or sealed with another
	// encryption key, counts as absent: fn gets nil, and the value that it returns takes the place
	// of the damaged one. A value of a newer version is not damaged ([ErrTooNew]). Replace is for a
	// user who signs in or out anew, never for a change that depends on the old value.
	Replace(ctx context.Context, key string, fn func(ctx context.Context, old []byte) ([]byte, error)) error

	// Remove durably removes the value of key, readable or not, under the key's
	// lock. It needs no encryption key, so a locked keyring does not prevent it.
	// An absent value is not an error.
	Remove(ctx context.Context, key string) error
}

var (
	_ Replacer = (*Memory)(nil)
	_ Replacer = (*Sealed)(nil)
)

// Replace implements [Replacer].
func (s *Sealed) Replace(ctx context.Context, key string, fn func(ctx context.Context, old []byte) ([]byte, error)) error {
	return s.change(ctx, key, fn, (*update).readIfIntact)
}

// readIfIntact is read, except that a damaged value counts as absent.
func (u *update) readIfIntact() error {
	err := u.read()
	if !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrKeyMissing) {
		return err
	}
	u.damaged = true
	// A rename replaces a link and a pipe, but not a directory.
	if info, err := os.Lstat(u.path); err == nil && info.IsDir() {
		if err := os.Remove(u.path); err != nil {
			return fmt.Errorf("%w: a directory is in the place of %s; remove it: %w", ErrCorrupt, u.path, hideNotExist(err))
		}
	}
	return nil
}

// Remove implements [Replacer].
func (s *Sealed) Remove(ctx context.Context, key string) error {
	if err := errors.Join(s.opened(), checkKey(key)); err != nil {
		return err
	}
	if err := (nested.Lock{Store: s.files, Name: key}).Check(ctx); err != nil {
		return err
	}
	path := s.files.sealed(key)
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("storage: remove: %w", err)
		}
		return nil
	}
	lock, err := s.lock(ctx, key)
	if err != nil {
		return err
	}
	u := &update{sealed: s, path: path, lock: lock}
	defer u.unlock()
	return u.remove()
}

// Replace implements [Replacer]. No value of a Memory is ever damaged.
func (m *Memory) Replace(ctx context.Context, key string, fn func(ctx context.Context, old []byte) ([]byte, error)) error {
	return m.Update(ctx, key, fn)
}

// Remove implements [Replacer].
func (m *Memory) Remove(ctx context.Context, key string) error {
	return m.Update(ctx, key, func(context.Context, []byte) ([]byte, error) { return nil, nil })
}
