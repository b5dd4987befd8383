package lease

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/chatelaine-go/chatelaine/storage"
)

// acquire waits for the lease of key, no longer than ctx, nor than until the
// store is closed. It returns nil if settled, which may be nil, says after a
// wait that the lease is not needed anymore.
func (s *Store) acquire(ctx context.Context, key string, settled func([]byte) bool) (*holding, error) {
	ctx, stop := s.untilClosed(ctx)
	defer stop()
	unlock, err := s.local.Lock(ctx, key)
	if err != nil {
		return nil, waited(ctx, key)
	}
	q := queue{store: s, key: key}
	defer q.leave()
	for stale := 0; ; {
		a, delegated := s.try(ctx, key, unlock)
		h := &holding{store: s, key: key, grant: a.grant, since: a.since, unlock: unlock}
		switch {
		case delegated:
			return nil, waited(ctx, key)
		case a.err != nil:
			unlock()
			return nil, fmt.Errorf("lease: update %q: nothing was changed: %w", key, certain(a.err))
		case a.grant.Held && ctx.Err() == nil:
			if stale == maxStale || h.isFresh(ctx) {
				return h, nil
			}
			stale++
			continue
		case a.grant.Held:
			h.release(ctx)
			return nil, waited(ctx, key)
		}
		err := q.wait(ctx, a.grant.Left)
		if err != nil || s.isSettled(ctx, key, settled) {
			unlock()
			return nil, err
		}
	}
}

// maxStale is how often a lease is asked for again that has nearly expired when it
// arrives. After that fn is called, and learns by its context.
const maxStale = 3

// isFresh reports whether enough is left of the lease to begin something, and
// renews it if not: the response of a busy database may have taken long. After a
// failure the lease is asked for again.
func (h *holding) isFresh(ctx context.Context) bool {
	c := h.store.config
	for range 2 {
		if time.Since(h.since) < c.TTL/3 {
			return true
		}
		h.since = time.Now()
		if held, err := h.renew(ctx); err != nil || !held {
			return false
		}
	}
	return time.Since(h.since) < c.TTL*2/3
}

func (h *holding) renew(ctx context.Context) (held bool, err error) {
	c := h.store.config
	ctx, cancel := context.WithTimeout(ctx, min(c.OpTimeout, c.TTL))
	defer cancel()
	h.store.counts.renewals.Add(1)
	return c.Backend.Renew(ctx, h.key, h.grant, c.TTL)
}

// isSettled reads the value for settled. If that fails, the lease is needed.
func (s *Store) isSettled(ctx context.Context, key string, settled func([]byte) bool) bool {
	if settled == nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, s.config.OpTimeout)
	defer cancel()
	s.counts.loads.Add(1)
	value, err := s.config.Backend.Load(ctx, key)
	if err != nil || value == nil || !settled(value) {
		return false
	}
	s.counts.settled.Add(1)
	return true
}

// An attempt is the outcome of asking for a lease once.
type attempt struct {
	grant Grant
	since time.Time // before the backend was asked
	err   error
}

// try asks for the lease once. A caller whose context ends meanwhile leaves at
// once, although the request may be granted a moment later: then a goroutine
// gives the lease back and calls unlock, and try reports that it was delegated.
// Close waits for that goroutine.
func (s *Store) try(ctx context.Context, key string, unlock func()) (a attempt, delegated bool) {
	outcome, gone := make(chan attempt), make(chan struct{})
	s.stay()
	go func() {
		defer s.leave()
		a := s.ask(context.WithoutCancel(ctx), key)
		select {
		case outcome <- a:
		case <-gone:
			h := &holding{store: s, key: key, grant: a.grant, unlock: unlock, over: !a.grant.Held}
			h.release(ctx)
		}
	}()
	select {
	case a := <-outcome:
		return a, false
	case <-ctx.Done():
		close(gone)
		return attempt{}, true
	}
}

// ask calls the backend, and once more if that fails at once: a connection from
// a pool may have ended long before. A lost response does no harm, because the
// owner is the same.
func (s *Store) ask(ctx context.Context, key string) (a attempt) {
	for range 2 {
		a.since = time.Now()
		a.grant, a.err = s.askOnce(ctx, key)
		if a.err == nil || errors.Is(a.err, storage.ErrDataLost) || time.Since(a.since) > s.config.OpTimeout/2 {
			break
		}
	}
	return a
}

func (s *Store) askOnce(ctx context.Context, key string) (g Grant, err error) {
	defer func() { err = recovered(recover(), err) }()
	ctx, cancel := context.WithTimeout(ctx, s.config.OpTimeout)
	defer cancel()
	s.counts.acquires.Add(1)
	return s.config.Backend.Acquire(ctx, key, s.owner, s.config.TTL)
}

// recovered turns a panic of a backend on a goroutine of ours, where the
// caller of Update could not recover it, into an error.
func recovered(p any, err error) error {
	if p != nil {
		return fmt.Errorf("the backend panicked: %v", p)
	}
	return err
}

// waited says why a wait that ctx ended was in vain.
func waited(ctx context.Context, key string) error {
	if errors.Is(context.Cause(ctx), ErrClosed) {
		return ErrClosed
	}
	return fmt.Errorf("%w: waiting for the lease of %q: %w", storage.ErrBusy, key, ctx.Err())
}
