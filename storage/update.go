package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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
	// Temporary files younger than this may belong to a process that still
	// writes them, because its lock file was removed; they are left alone.
	orphanAge = time.Minute
	// No Update takes this long: older temporary files, of whatever key, are
	// removed when a store is opened.
	maxUpdate = 24 * time.Hour
	// How long an Update whose lock file was removed waits for the next one.
	renewTimeout = 30 * time.Second
)

// Update implements [Store]. It fails without calling fn when the lock, the
// encryption key or the disk space is not available, and when the present value
// cannot be read; for that case see [Sealed.Replace].
func (s *Sealed) Update(ctx context.Context, key string, fn func(ctx context.Context, old []byte) ([]byte, error)) error {
	return s.change(ctx, key, fn, (*update).read)
}

// change is Update and Replace, which read the present value differently.
func (s *Sealed) change(ctx context.Context, key string, fn func(ctx context.Context, old []byte) ([]byte, error), read func(*update) error) error {
	if err := errors.Join(s.opened(), checkKey(key)); err != nil {
		return err
	}
	lock := nested.Lock{Store: s.files, Name: key}
	if err := lock.Check(ctx); err != nil {
		return err
	}
	u := &update{sealed: s, key: key, path: s.files.sealed(key)}
	var err error
	if u.lock, err = s.lock(ctx, key); err != nil {
		return err
	}
	defer u.unlock()
	if u.secret, u.service, err = s.keyUnderLock(ctx); err != nil {
		return err
	}
	defer func() { clear(u.secret); u.service.Unlock() }()
	if err := read(u); err != nil {
		return err
	}
	if err := u.reserve(); err != nil {
		return err
	}
	defer u.pending.Abort()
	inside, done := lock.Enter(ctx)
	defer done()
	value, err := fn(inside, u.old)
	if err != nil {
		return err
	}
	return u.finish(ctx, value)
}

// lock takes the lock of key.
func (s *Sealed) lock(ctx context.Context, key string) (*lockfile.Lock, error) {
	if _, err := prepare(s.files.dir); err != nil {
		return nil, err
	}
	lock, err := lockfile.Exclusive(ctx, s.files.lock(key))
	return lock, lockError(err)
}

// An update is one Update that has its locks and its key.
type update struct {
	sealed  *Sealed
	key     string
	path    string
	lock    *lockfile.Lock // of the key
	service *lockfile.Lock // shared
	secret  []byte
	file    []byte // the sealed file; nil: there is none
	old     []byte // nil: absent
	before  []byte // a copy of old: the callback may write into its slice
	gen     uint64
	damaged bool // there is something that cannot be read and is to be replaced
	pending *atomicfile.Pending
}

// unlock ends the lock of the key. A key without a value leaves nothing behind.
func (u *update) unlock() {
	if _, err := os.Lstat(u.path); errors.Is(err, fs.ErrNotExist) {
		u.lock.Remove()
		return
	}
	u.lock.Unlock()
}

// read reads the present value.
func (u *update) read() (err error) {
	if u.file, err = readSealed(u.path); err != nil || u.file == nil {
		return err
	}
	if u.old, u.gen, err = u.sealed.unseal(u.secret, u.key, u.file); err != nil {
		return err
	}
	u.before = bytes.Clone(u.old)
	return nil
}

// reserve makes sure that a new value can be written.
func (u *update) reserve() error {
	err := u.sweep(orphanAge)
	if err == nil {
		size := int64(max(minReserve, 2*len(u.file)))
		u.pending, err = atomicfile.Begin(u.path, u.sealed.files.temps(), size)
	}
	if err != nil {
		return saveError("nothing was changed", err)
	}
	return nil
}

// sweep removes what killed processes left of this value.
func (u *update) sweep(age time.Duration) error {
	name := filepath.Base(u.path)
	return atomicfile.Sweep(u.sealed.files.temps(), age, func(target string) bool { return target == name })
}

// remove removes the value, with all that was left of it.
func (u *update) remove() error {
	err := atomicfile.Remove(u.path)
	if err == nil {
		err = u.sweep(0)
	}
	if err != nil {
		return fmt.Errorf("storage: delete: %w", hideNotExist(err))
	}
	return nil
}

// finish saves what the callback returned.
func (u *update) finish(ctx context.Context, value []byte) error {
	if err := checkValue(value); err != nil {
		return err
	}
	if value == nil {
		u.pending.Abort()
	}
	if value == nil && u.file == nil && !u.damaged || u.old != nil && value != nil && bytes.Equal(u.before, value) {
		return nil
	}
	if err := u.confirm(ctx); err != nil {
		return err
	}
	if value == nil {
		return u.remove()
	}
	sealed, err := envelope.Seal(u.secret, u.sealed.context(u.key), u.gen+1, value)
	if err != nil {
		return saveError("the old value is kept", err)
	}
	if err := u.pending.Commit(sealed); err != nil {
		return saveError("the new value could not be stored", err)
	}
	return nil
}

// confirm makes sure that nothing has changed while the callback ran. Nothing
// can have, unless something removed a lock file, so that another process could
// take a lock of the same name. Then the locks are taken again, and what they
// protect is compared.
func (u *update) confirm(ctx context.Context) error {
	if !u.lock.Lost() && !u.service.Lost() {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), renewTimeout)
	defer cancel()
	if err := errors.Join(u.lock.Renew(ctx), u.service.Renew(ctx)); err != nil {
		return fmt.Errorf("%w: its file was removed while it was held: %w", ErrLost, lockError(err))
	}
	file, err := readSealed(u.path)
	if err != nil || (file == nil) != (u.file == nil) || !bytes.Equal(file, u.file) {
		return fmt.Errorf("%w: its file was removed while it was held, and another process changed the value of %q; nothing was stored", ErrLost, u.key)
	}
	secret, err := u.sealed.loadKey(ctx)
	defer clear(secret)
	if err != nil || !bytes.Equal(secret, u.secret) {
		return fmt.Errorf("%w: its file was removed while it was held, and the encryption key is another one; nothing was stored", ErrLost)
	}
	return nil
}
