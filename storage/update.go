package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/chatelaine-go/chatelaine/storage/internal/atomicfile"
	"github.com/chatelaine-go/chatelaine/storage/internal/envelope"
	"github.com/chatelaine-go/chatelaine/storage/internal/lockfile"
	"github.com/chatelaine-go/chatelaine/storage/internal/nested"
)

const (
	// At least this much is reserved for a new value before the callback runs,
	// and twice the size of the old one.
	minReserve = 32 << 10
	// Temporary files younger than this may belong to somebody whose lock file
	// was removed under him; they are left alone.
	orphanAge = time.Minute
)

// Update implements [Store]. It fails without calling fn when the lock, the
// encryption key or the disk space cannot be had, and when the present value
// cannot be read.
func (s *Sealed) Update(ctx context.Context, key string, fn func(ctx context.Context, old []byte) ([]byte, error)) error {
	if err := checkKey(key); err != nil {
		return err
	}
	lock := nested.Lock{Store: s.files, Name: key}
	if err := lock.Check(ctx); err != nil {
		return err
	}
	unlock, err := s.lock(ctx, key)
	if err != nil {
		return err
	}
	defer unlock()
	secret, release, err := s.holdKey(ctx)
	if err != nil {
		return err
	}
	defer release()
	defer clear(secret)

	u := update{sealed: s, key: key, path: s.files.sealed(key), secret: secret}
	if err := u.begin(); err != nil {
		return err
	}
	defer u.pending.Abort()
	inside, done := lock.Enter(ctx)
	defer done()
	value, err := fn(inside, u.old)
	if err != nil {
		return err
	}
	return u.finish(value)
}

// lock takes the lock of key.
func (s *Sealed) lock(ctx context.Context, key string) (unlock func(), err error) {
	if _, err := prepare(s.files.dir); err != nil {
		return nil, err
	}
	unlock, err = lockfile.Exclusive(ctx, s.files.lock(key))
	return unlock, locking(err)
}

// An update is one Update that has its locks and its key.
type update struct {
	sealed  *Sealed
	key     string
	path    string
	secret  []byte
	old     []byte // nil: absent
	before  []byte // a copy of old: the callback may write into its slice
	gen     uint64
	pending *atomicfile.Pending
}

// begin reads the present value and makes sure that a new one can be written.
func (u *update) begin() error {
	file, err := readSealed(u.path)
	if err != nil {
		return err
	}
	if file != nil {
		if u.old, u.gen, err = u.sealed.unseal(u.secret, u.key, file); err != nil {
			return err
		}
		u.before = bytes.Clone(u.old)
	}
	if err := atomicfile.Sweep(u.path, orphanAge); err != nil {
		return saving("nothing was changed", err)
	}
	u.pending, err = atomicfile.Begin(u.path, int64(max(minReserve, 2*len(file))))
	if err != nil {
		return saving("nothing was changed", err)
	}
	return nil
}

// finish saves what the callback returned.
func (u *update) finish(value []byte) error {
	if err := checkValue(value); err != nil {
		return err
	}
	if value == nil {
		u.pending.Abort()
		if u.old == nil {
			return nil
		}
		if err := atomicfile.Remove(u.path); err != nil {
			return fmt.Errorf("storage: delete: %w", certain(err))
		}
		return nil
	}
	if u.old != nil && bytes.Equal(u.before, value) {
		return nil
	}
	sealed, err := envelope.Seal(u.secret, u.sealed.context(u.key), u.gen+1, value)
	if err != nil {
		return saving("the old value is kept", err)
	}
	if err := u.pending.Commit(sealed); err != nil {
		return saving("the new value could not be stored", err)
	}
	return nil
}

func saving(state string, err error) error {
	return fmt.Errorf("storage: save: %s; check the disk and that the directory (the Dir setting moves it) is writable: %w", state, certain(err))
}

func locking(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, lockfile.ErrBusy):
		return fmt.Errorf("%w: %w", ErrBusy, err)
	default:
		return fmt.Errorf("storage: lock (the Dir setting moves the lock files): %w", certain(err))
	}
}
