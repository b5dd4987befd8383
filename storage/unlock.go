package storage

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/chatelaine-go/chatelaine/storage/internal/atomicfile"
	"github.com/chatelaine-go/chatelaine/storage/internal/lockfile"
)

// Unlock makes sure that the encryption key can be had, and creates it if
// there is none and no sealed file needs one. It tells at the start of a
// program what would otherwise fail at the first use.
func (s *Sealed) Unlock(ctx context.Context) error {
	secret, err := s.loadKey(ctx)
	clear(secret)
	if errors.Is(err, fs.ErrNotExist) {
		return s.createKey(ctx)
	}
	return err
}

// loadKey asks the source for the key and checks its length.
func (s *Sealed) loadKey(ctx context.Context) ([]byte, error) {
	secret, err := s.key.LoadKey(ctx)
	if err == nil && len(secret) != KeySize {
		clear(secret)
		return nil, fmt.Errorf("storage: the key source returned a key of %d bytes instead of %d", len(secret), KeySize)
	}
	return secret, err
}

// createKey creates the encryption key unless another process did so while we
// waited, or a sealed file shows that there must be one.
func (s *Sealed) createKey(ctx context.Context) error {
	release, err := s.alone(ctx)
	if err != nil {
		return err
	}
	defer release()
	secret, absent := s.loadKey(ctx)
	clear(secret)
	if !errors.Is(absent, fs.ErrNotExist) {
		return absent
	}
	sealed, err := s.files.list()
	if err != nil {
		return err
	}
	if len(sealed) > 0 {
		return keyMissing(absent)
	}
	secret, err = s.key.CreateKey(ctx)
	clear(secret)
	return certain(err)
}

// holdKey returns the key, and holds off everybody who would replace or remove
// it until release is called: what is sealed meanwhile can be opened later.
func (s *Sealed) holdKey(ctx context.Context) (secret []byte, release func(), err error) {
	secret, release, err = s.tryHoldKey(ctx)
	if !errors.Is(err, fs.ErrNotExist) {
		return secret, release, err
	}
	if err := s.createKey(ctx); err != nil {
		return nil, nil, err
	}
	secret, release, err = s.tryHoldKey(ctx)
	return secret, release, certain(err)
}

func (s *Sealed) tryHoldKey(ctx context.Context) (secret []byte, release func(), err error) {
	unlock, err := lockfile.Shared(ctx, s.files.serviceLock())
	if err != nil {
		return nil, nil, locking(err)
	}
	held := false
	defer func() {
		if !held { // also when the source panicked
			unlock()
		}
	}()
	if secret, err = s.loadKey(ctx); err != nil {
		return nil, nil, err
	}
	held = true
	return secret, unlock, nil
}

// alone waits until no Update of the service runs in any process, and keeps
// new ones out.
func (s *Sealed) alone(ctx context.Context) (release func(), err error) {
	if _, err := prepare(s.files.dir); err != nil {
		return nil, err
	}
	release, err = lockfile.Exclusive(ctx, s.files.serviceLock())
	return release, locking(err)
}

// Purge removes every value of the service, readable or not, and then calls
// forget, which may be nil, to remove the encryption key as well. It waits, no
// longer than ctx, until no Update of the service runs in any process, and
// keeps new ones out until it has returned. Lock files stay.
func (s *Sealed) Purge(ctx context.Context, forget func(context.Context) error) error {
	release, err := s.alone(ctx)
	if err != nil {
		return err
	}
	defer release()
	sealed, err := s.files.list()
	if err != nil {
		return err
	}
	for _, path := range sealed {
		if err := atomicfile.Remove(path); err != nil {
			return fmt.Errorf("storage: purge: %w", certain(err))
		}
	}
	if forget == nil {
		return nil
	}
	return forget(ctx)
}
