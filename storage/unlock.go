package storage

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/chatelaine-go/chatelaine/storage/internal/lockfile"
)

// Unlock makes sure that the encryption key is available, and creates it if
// there is none and no sealed file needs one. Call it when a program starts, to
// learn what would otherwise fail at the first use.
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
	if err := s.opened(); err != nil {
		return nil, err
	}
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
	service, err := s.lockExclusive(ctx)
	if err != nil {
		return err
	}
	defer service.Unlock()
	secret, absent := s.loadKey(ctx)
	clear(secret)
	if !errors.Is(absent, fs.ErrNotExist) {
		return absent
	}
	sealed, err := s.files.list(sealedSuffix)
	if err != nil {
		return err
	}
	if len(sealed) > 0 {
		return keyMissing(absent)
	}
	if err := s.files.checkSimilar(); err != nil {
		return err
	}
	secret, err = s.key.CreateKey(ctx)
	clear(secret)
	return hideNotExist(err)
}

// keyUnderLock returns the key, and a lock that holds off all that would
// replace or remove it: what is sealed meanwhile can be opened later.
func (s *Sealed) keyUnderLock(ctx context.Context) (secret []byte, service *lockfile.Lock, err error) {
	secret, service, err = s.tryKeyUnderLock(ctx)
	if !errors.Is(err, fs.ErrNotExist) {
		return secret, service, err
	}
	if err := s.createKey(ctx); err != nil {
		return nil, nil, err
	}
	secret, service, err = s.tryKeyUnderLock(ctx)
	return secret, service, hideNotExist(err)
}

func (s *Sealed) tryKeyUnderLock(ctx context.Context) (secret []byte, service *lockfile.Lock, err error) {
	lock, err := lockfile.Shared(ctx, s.files.serviceLock())
	if err != nil {
		return nil, nil, lockError(err)
	}
	held := false
	defer func() {
		if !held { // also when the source panicked
			lock.Unlock()
		}
	}()
	if secret, err = s.loadKey(ctx); err != nil {
		return nil, nil, err
	}
	held = true
	return secret, lock, nil
}

// lockExclusive waits until no Update of the service runs in any process, and
// keeps new ones out.
func (s *Sealed) lockExclusive(ctx context.Context) (*lockfile.Lock, error) {
	if err := s.opened(); err != nil {
		return nil, err
	}
	if _, err := prepare(s.files.dir); err != nil {
		return nil, err
	}
	service, err := lockfile.Exclusive(ctx, s.files.serviceLock())
	return service, lockError(err)
}

// ChangeKey calls change while no Update of the service runs in any process, and
// none begins. It is for a [KeySource] that moves its key from one place to
// another. It waits no longer than ctx.
func (s *Sealed) ChangeKey(ctx context.Context, change func(context.Context) error) error {
	service, err := s.lockExclusive(ctx)
	if err != nil {
		return err
	}
	defer service.Unlock()
	return change(ctx)
}
