package storage

import (
	"context"
	"fmt"

	"github.com/chatelaine-go/chatelaine/storage/internal/atomicfile"
	"github.com/chatelaine-go/chatelaine/storage/internal/lockfile"
)

// Purge removes every value of the service, readable or not, and then calls
// forget, which may be nil, to remove the encryption key as well. It waits, no
// longer than ctx, until no Update of the service runs in any process, and
// keeps new ones out until it has returned. Nothing is left of the keys: an
// Update that waits meanwhile removes the lock file that it holds.
func (s *Sealed) Purge(ctx context.Context, forget func(context.Context) error) error {
	service, err := s.lockExclusive(ctx)
	if err != nil {
		return err
	}
	defer service.Unlock()
	sealed, err := s.files.list(sealedSuffix)
	if err != nil {
		return err
	}
	for _, path := range sealed {
		if err := atomicfile.Remove(path); err != nil {
			return fmt.Errorf("storage: purge: %w", hideNotExist(err))
		}
	}
	for _, temps := range []string{s.files.temps(), s.files.dir} { // earlier versions used dir
		if err := s.files.sweep(temps, 0); err != nil {
			return fmt.Errorf("storage: purge: %w", hideNotExist(err))
		}
	}
	locks, err := s.files.list(lockSuffix)
	if err != nil {
		return err
	}
	for _, path := range locks {
		_ = lockfile.RemoveIfFree(path) // what it protected is gone, so one that stays does no harm
	}
	if forget == nil {
		return nil
	}
	return forget(ctx)
}
