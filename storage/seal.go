package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/chatelaine-go/chatelaine/storage/internal/envelope"
	"github.com/chatelaine-go/chatelaine/storage/internal/servicename"
)

// SealConfig configures [Seal]. Service and Keys are required.
type SealConfig struct {
	// Service is the program's name, as in [SealedConfig]. Values are bound to
	// it.
	Service string
	// Keys gives the encryption keys.
	Keys KeySet
	// Namespace is the table, or whatever else the store keeps its values in;
	// values are bound to it, too. Default: what the store's method Namespace()
	// string returns, if it has one. Set it only when a table has been renamed:
	// to the name that it had.
	Namespace string
}

// Seal returns a store that encrypts what it keeps in inner, with AES-256-GCM,
// in the form that [Sealed] files have. A value is bound to its key, the
// service and the namespace: moved elsewhere, it is [ErrCorrupt]. Keys are
// not encrypted.
//
// Update asks for the encryption keys before it waits for the lock, and seals
// with the newest one; a value that an older key has sealed is sealed anew by
// any Update, even one that does not change it, and by [Sweep]. A value whose
// key is not in the set is [ErrKeyMissing].
//
// The store is a [Replacer], and a [Lister] if inner is one; otherwise Keys
// yields an error that matches [errors.ErrUnsupported]. Closing inner is up to
// the caller. The error of Seal names every problem with c.
func Seal(inner Store, c SealConfig) (Store, error) {
	var problems []error
	if inner == nil {
		problems = append(problems, errors.New("storage: Seal needs a store"))
	}
	if err := servicename.Check(c.Service); err != nil {
		problems = append(problems, fmt.Errorf("storage: SealConfig.Service: %w", err))
	}
	if c.Keys == nil {
		problems = append(problems, errors.New("storage: SealConfig.Keys is nil"))
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	s := &sealing{inner: inner, keys: c.Keys, service: c.Service}
	namespace := c.Namespace
	if n, ok := inner.(interface{ Namespace() string }); ok && namespace == "" {
		namespace = n.Namespace()
	}
	if namespace != "" {
		s.service += "\x00" + namespace
	}
	return s, nil
}

// A sealing is the store that Seal returns.
type sealing struct {
	inner   Store
	keys    KeySet
	service string // with the namespace
}

var (
	_ Store    = (*sealing)(nil)
	_ Lister   = (*sealing)(nil)
	_ Replacer = (*sealing)(nil)
)

// Load implements [Store]. It asks for the encryption keys only if there is a
// value.
func (s *sealing) Load(ctx context.Context, key string) ([]byte, error) {
	sealed, err := s.inner.Load(ctx, key)
	if err != nil {
		return nil, err
	}
	keys, err := s.loadKeys(ctx)
	if err != nil {
		return nil, err
	}
	defer clearKeys(keys)
	o, err := s.open(keys, key, sealed)
	return o.value, err
}

// Update implements [Store].
func (s *sealing) Update(ctx context.Context, key string, fn func(ctx context.Context, old []byte) ([]byte, error)) error {
	return s.change(ctx, key, s.inner.Update, fn, func(err error) error { return err })
}

// An unlesser is a store in which a caller that had to wait for the lock can do
// without it; see package storage/lease.
type unlesser interface {
	UpdateUnless(ctx context.Context, key string, settled func(value []byte) bool, fn func(context.Context, []byte) ([]byte, error)) error
}

// UpdateUnless is Update, and that of the store beneath if it has one.
func (s *sealing) UpdateUnless(
	ctx context.Context, key string, settled func(value []byte) bool, fn func(ctx context.Context, old []byte) ([]byte, error),
) error {
	update := s.inner.Update
	if u, ok := s.inner.(unlesser); ok && settled != nil {
		update = func(ctx context.Context, key string, fn func(context.Context, []byte) ([]byte, error)) error {
			return u.UpdateUnless(ctx, key, func(sealed []byte) bool {
				keys, err := s.loadKeys(ctx)
				if err != nil {
					return false
				}
				defer clearKeys(keys)
				o, err := s.open(keys, key, sealed)
				return err == nil && settled(o.value)
			}, fn)
		}
	}
	return s.change(ctx, key, update, fn, func(err error) error { return err })
}

// Replace implements [Replacer].
func (s *sealing) Replace(ctx context.Context, key string, fn func(ctx context.Context, old []byte) ([]byte, error)) error {
	return s.change(ctx, key, s.inner.Update, fn, func(err error) error {
		if errors.Is(err, ErrCorrupt) || errors.Is(err, ErrKeyMissing) {
			return nil
		}
		return err
	})
}

// Remove implements [Replacer].
func (s *sealing) Remove(ctx context.Context, key string) error {
	return s.inner.Update(ctx, key, func(context.Context, []byte) ([]byte, error) { return nil, nil })
}

// change updates a value by a method of the store beneath; readable decides
// whether one that cannot be opened counts as absent.
func (s *sealing) change(
	ctx context.Context, key string,
	update func(context.Context, string, func(context.Context, []byte) ([]byte, error)) error,
	fn func(ctx context.Context, old []byte) ([]byte, error), readable func(error) error,
) error {
	keys, err := s.loadKeys(ctx)
	if err != nil {
		return err
	}
	defer clearKeys(keys)
	return update(ctx, key, func(ctx context.Context, sealed []byte) ([]byte, error) {
		var old opened
		if sealed != nil {
			var err error
			if old, err = s.open(keys, key, sealed); err != nil {
				if err := readable(err); err != nil {
					return nil, err
				}
			}
		}
		before := bytes.Clone(old.value)
		value, err := fn(ctx, old.value)
		if err != nil || value == nil {
			return nil, err
		}
		if err := checkValue(value); err != nil {
			return nil, err
		}
		if old.newest && bytes.Equal(before, value) {
			return sealed, nil
		}
		return envelope.Seal(keys[0], s.context(key), old.generation+1, value)
	})
}

// opened is what an envelope held. The zero value stands for none.
type opened struct {
	value      []byte
	generation uint64
	newest     bool // it was sealed with the newest key
}

// open opens an envelope with whichever key has sealed it.
func (s *sealing) open(keys [][]byte, key string, sealed []byte) (opened, error) {
	var err error
	for i, k := range keys {
		var o opened
		o.value, o.generation, err = envelope.Open(k, s.context(key), sealed)
		if err == nil {
			o.newest = i == 0
			return o, nil
		}
		if !errors.Is(err, envelope.ErrOtherKey) {
			break
		}
	}
	switch {
	case errors.Is(err, envelope.ErrTooNew):
		return opened{}, fmt.Errorf("%w: the value of %q: %w", ErrTooNew, key, err)
	case errors.Is(err, envelope.ErrOtherKey):
		return opened{}, fmt.Errorf("%w: the value of %q: %w (of %d keys); add the key that sealed it to the older ones, or sign in again",
			ErrKeyMissing, key, err, len(keys))
	default:
		return opened{}, fmt.Errorf("%w: the value of %q: %w; restore it from a backup, or sign in again", ErrCorrupt, key, err)
	}
}

func (s *sealing) loadKeys(ctx context.Context) ([][]byte, error) {
	keys, err := s.keys.Keys(ctx)
	if err != nil {
		clearKeys(keys)
		if errors.Is(err, fs.ErrNotExist) { // the keys are, the value may well exist
			return nil, fmt.Errorf("%w: %w", ErrKeyMissing, hideNotExist(err))
		}
		return nil, err
	}
	if err := checkKeys(keys); err != nil {
		clearKeys(keys)
		return nil, err
	}
	return keys, nil
}

func (s *sealing) context(key string) envelope.Context {
	return envelope.Context{Service: s.service, Name: key}
}

// Tombstones reports whether the store beneath keeps records of sessions that have ended.
func (s *sealing) Tombstones() bool {
	t, ok := s.inner.(interface{ Tombstones() bool })
	return ok && t.Tombstones()
}

// String names the store beneath.
func (s *sealing) String() string { return fmt.Sprintf("storage.Seal(%v)", s.inner) }

// GoString is String: keys do not get into logs by way of %#v.
func (s *sealing) GoString() string { return s.String() }
