package lease

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/internal/nested"
)

// Update implements [storage.Store]. The error matches [storage.ErrBusy] if the lease could not be
// taken before ctx ended, and [storage.ErrLost] if another holder changed the value while fn ran.
// Update returns at most Config.SaveTimeout after fn.
//
// The context of fn also ends, with a cause that matches [storage.ErrLost], when the lease is lost.
// A value that fn returns after that is still saved if no other holder has changed the value.
func (s *Store) Update(ctx context.Context, key string, fn func(ctx context.Context, old []byte) ([]byte, error)) error {
	return s.UpdateUnless(ctx, key, nil, fn)
}

// UpdateUnless is Update for a caller that may be content with the value that another holder
// stores. If it had to wait, it calls settled with the present value. If settled reports true,
// UpdateUnless returns nil without taking the lease or calling fn. It does not call settled if the
// value is absent.
func (s *Store) UpdateUnless(
	ctx context.Context, key string, settled func(value []byte) bool, fn func(ctx context.Context, old []byte) ([]byte, error),
) error {
	if err := checkKey(key); err != nil {
		return err
	}
	lock := nested.Lock{Store: s, Name: key}
	if err := lock.Check(ctx); err != nil {
		return err
	}
	if !s.enter() {
		return ErrClosed
	}
	defer s.leave()
	h, err := s.acquire(ctx, key, settled)
	if h == nil || err != nil {
		return err
	}
	defer h.release(ctx)
	if h.grant.Interrupted {
		s.counts.takeovers.Add(1)
		ctx = withInterrupted(ctx)
	}
	s.counts.updates.Add(1)
	ctx, returned, stop := h.keepAlive(ctx)
	defer stop()
	inside, done := lock.Enter(ctx)
	defer done()
	defer returned()
	value, err := fn(inside, bytes.Clone(h.grant.Value))
	returned()
	if err != nil {
		return err
	}
	if bytes.Equal(value, h.grant.Value) && (value == nil) == (h.grant.Value == nil) {
		return nil
	}
	if err := s.checkValue(value); err != nil {
		return err
	}
	return h.save(ctx, value)
}

// A holding is a lease that this store holds, or held.
type holding struct {
	store  *Store
	key    string
	grant  Grant
	since  time.Time // before the lease was asked for
	unlock func()    // of the local lock
	over   bool      // the lease has been committed
}

// release gives the lease back if nothing was saved, and lets the next local
// waiter go on. A failure leaves the lease to expire; this store can take it
// again at once.
func (h *holding) release(ctx context.Context) {
	defer h.unlock()
	if h.over {
		return
	}
	// The caller may have left; the lease must not stay behind for that.
	_, _ = h.store.commit(context.WithoutCancel(ctx), h.key, h.grant, Change{})
}

// commit calls the backend once.
func (s *Store) commit(ctx context.Context, key string, g Grant, c Change) (Result, error) {
	ctx, cancel := context.WithTimeout(ctx, s.config.OpTimeout)
	defer cancel()
	s.counts.commits.Add(1)
	result, err := s.config.Backend.Commit(ctx, key, g, c)
	if err == nil && (result < Saved || result > Outdated) {
		return 0, fmt.Errorf("lease: %T.Commit returned %v", s.config.Backend, int(result))
	}
	return result, err
}

func lost(key, how string) error {
	return fmt.Errorf("%w: %s while the callback for %q ran", storage.ErrLost, how, key)
}
