package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/chatelaine-go/chatelaine/storage/lease"
)

// A backend is a [lease.Backend] of one table.
type backend struct {
	db    *sql.DB
	table string
	run   statements
	epoch lease.Epoch
	lane  lane
}

var _ lease.Backend = (*backend)(nil)

// Load implements [lease.Backend].
func (b *backend) Load(ctx context.Context, key string) ([]byte, error) {
	leave, err := b.lane.enter(ctx)
	if err != nil {
		return nil, b.failed(err)
	}
	defer leave()
	if err := b.ready(ctx, key); err != nil {
		return nil, err
	}
	var v nullable
	var version int64
	err = b.db.QueryRowContext(ctx, b.run.load, []byte(key)).Scan(&v.bytes, &v.isNull, &version)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, b.failed(err)
	}
	if version == 0 { // no row, or one that was never written
		return nil, b.readMarker(ctx)
	}
	return v.value(), nil
}

// Acquire implements [lease.Backend].
func (b *backend) Acquire(ctx context.Context, key, owner string, ttl time.Duration) (lease.Grant, error) {
	leave, err := b.lane.enter(ctx)
	if err != nil {
		return lease.Grant{}, b.failed(err)
	}
	defer leave()
	if err := b.ready(ctx, key); err != nil {
		return lease.Grant{}, err
	}
	g := lease.Grant{Held: true, Fence: lease.NewFence()}
	var v nullable
	err = b.db.QueryRowContext(ctx, b.run.acquire, []byte(key), owner, g.Fence, ttl.Milliseconds()).
		Scan(&v.bytes, &v.isNull, &g.Version, &g.Interrupted)
	if errors.Is(err, sql.ErrNoRows) {
		return b.look(ctx, key)
	}
	if err != nil {
		return lease.Grant{}, b.failed(err)
	}
	g.Value = v.value()
	if g.Version == 0 {
		if err := b.readMarker(ctx); err != nil {
			_, _ = b.Commit(ctx, key, g, lease.Change{}) // or the lease expires
			return lease.Grant{}, err
		}
	}
	return g, nil
}

// look says how long the lease of another holder lasts.
func (b *backend) look(ctx context.Context, key string) (lease.Grant, error) {
	var left int64
	err := b.db.QueryRowContext(ctx, b.run.look, []byte(key)).Scan(&left)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return lease.Grant{}, b.failed(err)
	}
	return lease.Grant{Left: max(0, time.Duration(left)*time.Millisecond)}, nil
}

// Renew implements [lease.Backend].
func (b *backend) Renew(ctx context.Context, key string, g lease.Grant, ttl time.Duration) (held bool, err error) {
	return b.change(ctx, b.run.renew, []byte(key), g.Fence, ttl.Milliseconds())
}

// Commit implements [lease.Backend].
func (b *backend) Commit(ctx context.Context, key string, g lease.Grant, c lease.Change) (lease.Result, error) {
	if !c.Write {
		_, err := b.change(ctx, b.run.release, []byte(key), g.Fence)
		return lease.Saved, err
	}
	written, err := b.change(ctx, b.run.write, []byte(key), g.Fence, g.Version, c.Value)
	if err != nil || written {
		return lease.Saved, err
	}
	var version int64
	err = b.db.QueryRowContext(ctx, b.run.outcome, []byte(key)).Scan(&version)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, b.failed(err)
	}
	if version == 0 {
		if err := b.readMarker(ctx); err != nil {
			return 0, err
		}
	}
	return refused(g, version), nil
}

// refused says why a write changed no row.
func refused(g lease.Grant, version int64) lease.Result {
	switch {
	case version == g.Fence:
		return lease.Saved // by an earlier attempt
	case version != g.Version:
		return lease.Outdated
	default:
		return lease.Taken // or it was, a moment ago
	}
}

func (b *backend) change(ctx context.Context, query string, args ...any) (changed bool, err error) {
	result, err := b.db.ExecContext(ctx, query, args...)
	if err != nil {
		return false, b.failed(err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return false, b.failed(err)
	}
	return n > 0, nil
}

// ready refuses the marker's key, and reads the marker once.
func (b *backend) ready(ctx context.Context, key string) error {
	if key == markerKey {
		return fmt.Errorf("sqlstore: the key %q is reserved", key)
	}
	if b.epoch.Known() {
		return nil
	}
	return b.readMarker(ctx)
}

// readMarker returns an error that matches [storage.ErrDataLost] if the table is
// not the one that it was.
func (b *backend) readMarker(ctx context.Context) error {
	var marker []byte
	err := b.db.QueryRowContext(ctx, b.run.marker).Scan(&marker)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return b.failed(err)
	}
	return b.epoch.Check(string(marker))
}

// keysAtATime is how many keys one statement reads.
const keysAtATime = 1000

// page returns the first keys that are not below from.
func (b *backend) page(ctx context.Context, from []byte) (keys [][]byte, err error) {
	rows, err := b.db.QueryContext(ctx, b.run.keys, from, keysAtATime)
	if err != nil {
		return nil, b.failed(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var key []byte
		if err := rows.Scan(&key); err != nil {
			return nil, b.failed(err)
		}
		keys = append(keys, key)
	}
	if err := rows.Err(); err != nil {
		return nil, b.failed(err)
	}
	return keys, nil
}

func (b *backend) failed(err error) error {
	return fmt.Errorf("sqlstore: table %s: %w", b.table, err)
}

// A nullable tells a value of no bytes from none; some drivers read both as nil.
type nullable struct {
	bytes  []byte
	isNull bool
}

func (n nullable) value() []byte {
	if n.isNull {
		return nil
	}
	return append([]byte{}, n.bytes...)
}
