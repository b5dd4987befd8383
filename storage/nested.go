package storage

import (
	"context"
	"fmt"
	"sync/atomic"
)

// A heldLock says which lock an Update holds. It travels in the context given
// to the callback, so that an Update from inside can tell that it would wait
// for itself.
type heldLock struct {
	store any    // a pointer, or the path that two stores may share
	name  string // the key
}

type heldKey struct{}

// held is a list: the locks of all updates a context is inside of.
type held struct {
	lock  heldLock
	outer *held
	over  atomic.Bool // the update has returned, though its context lives on
}

func (l heldLock) check(ctx context.Context) error {
	h, _ := ctx.Value(heldKey{}).(*held)
	for ; h != nil; h = h.outer {
		if h.lock == l && !h.over.Load() {
			return fmt.Errorf("%w: the update of %q that runs now holds the lock; return the new value from its callback instead", ErrNested, l.name)
		}
	}
	return nil
}

// enter returns the callback's context, and what to call when it is done.
func (l heldLock) enter(ctx context.Context) (inside context.Context, done func()) {
	outer, _ := ctx.Value(heldKey{}).(*held)
	h := &held{lock: l, outer: outer}
	return context.WithValue(ctx, heldKey{}, h), func() { h.over.Store(true) }
}
