package keyring

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
)

// probe proves that the backend works: an entry is written, read back by
// another object, and removed. Every backend lies in some state about one of
// these.
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
		err = fmt.Errorf("%w: %s returned something else than was stored", ErrUnavailable, b.name)
	}
	if isAbsent(err) {
		err = fmt.Errorf("%w: %s said that it stored a test entry, but does not return it", ErrUnavailable, b.name)
	}
	if removeErr := b.remove(ctx, item); err == nil {
		err = removeErr
	}
	return err
}
