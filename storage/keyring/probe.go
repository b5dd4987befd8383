package keyring

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
)

// probe proves that the backend works: an entry is written, read back by
// another object, and removed. Each backend misreports one of these in some
// state.
func (b *backend) probe(ctx context.Context) error {
	canary := make([]byte, 32)
	if _, err := rand.Read(canary); err != nil {
		return err
	}
	item := newItem(b.cfg.Service + "-test")
	if err := b.set(ctx, item, canary); err != nil {
		return err
	}
	got, err := b.get(ctx, item)
	if err == nil && !bytes.Equal(got, canary) {
		err = b.kind.failed("read", errors.New("it returned something else than was stored"))
	}
	if isAbsent(err) {
		err = b.kind.failed("read", errors.New("it reported that it stored a test entry, but does not return it"))
	}
	if removeErr := b.remove(ctx, item); err == nil {
		err = removeErr
	}
	return err
}
