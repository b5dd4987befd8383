// Package nested finds an Update that would wait for itself: one that was
// called with the context of the callback of an Update of the same key.
//
// # Usage
//
//	if err := lock.Check(ctx); err != nil {
//		return err
//	}
//	inside, done := lock.Enter(ctx)
//	defer done()
//
// # Errors
//
// [Err] is the error of an Update that would wait for itself.
//
// # Concurrency
//
// Methods are safe for concurrent use. What they know is in the context.
//
// # Security
//
// A callback that hides its context is not found; the caller's deadline then ends the wait.
package nested

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
)

// Err is what Check returns.
var Err = errors.New("storage: nested update of the same key")

// A Lock names what an Update holds.
type Lock struct {
	Store any    // a pointer, or another comparable value that two stores may share
	Name  string // the key
}

type heldKey struct{}

// held is a list: the locks of all updates that a context is inside of.
type held struct {
	lock  Lock
	outer *held
	over  atomic.Bool // the update has returned, though its context lives on
}

// Check returns an error that matches [Err] if ctx belongs to an Update that
// holds l.
func (l Lock) Check(ctx context.Context) error {
	h, _ := ctx.Value(heldKey{}).(*held)
	for ; h != nil; h = h.outer {
		if h.lock == l && !h.over.Load() {
			return fmt.Errorf("%w: the update of %q that runs now holds the lock; return the new value from its callback instead", Err, l.Name)
		}
	}
	return nil
}

// Enter returns the context of the callback. The caller calls done when the
// callback has returned.
func (l Lock) Enter(ctx context.Context) (inside context.Context, done func()) {
	outer, _ := ctx.Value(heldKey{}).(*held)
	h := &held{lock: l, outer: outer}
	return context.WithValue(ctx, heldKey{}, h), func() { h.over.Store(true) }
}
