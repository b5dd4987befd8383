package lease

import (
	"context"
	"sync"
	"time"
)

// A heart keeps one lease alive while its callback runs, and knows until when
// it lasts.
type heart struct {
	key   string
	fence int64
	ttl   time.Duration
	lose  func(how string) // ends the callback's context; the first call counts

	mu     sync.Mutex
	since  time.Time   // when the latest successful request began
	asked  time.Time   // when the latest request began
	expiry *time.Timer // calls lose
	stale  bool        // the latest request failed
	still  bool        // the callback has returned: nothing is lost anymore
}

// keepAlive renews the lease until stop is called, and returns a child of ctx
// that ends when the lease is lost. Returned says that the callback has
// returned: from then on the save decides what is lost.
func (h *holding) keepAlive(ctx context.Context) (inside context.Context, returned, stop func()) {
	inside, cancel := context.WithCancelCause(ctx)
	b := &heart{key: h.key, fence: h.grant.Fence, ttl: h.store.config.TTL, since: h.since, asked: h.since}
	var once sync.Once
	b.lose = func(how string) {
		once.Do(func() {
			h.store.counts.lost.Add(1)
			cancel(lost(h.key, how))
		})
	}
	b.expiry = time.AfterFunc(time.Until(b.since.Add(b.ttl)), func() { _ = b.check() })
	h.store.keeper.add(b)
	return withHeld(inside, b.check), b.rest, func() {
		h.store.keeper.remove(b)
		b.expiry.Stop()
		cancel(nil)
	}
}

// check returns an error if the time of the lease has passed since the latest
// success, on the clock of this process: that is what happens to a process that
// was stopped, and to one whose renewals do not get through. A machine that was
// suspended may only notice by its wall clock.
func (b *heart) check() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.still || b.age() < b.ttl {
		return nil
	}
	const how = "the lease could not be renewed in time"
	b.lose(how)
	return lost(b.key, how)
}

func (b *heart) age() time.Duration {
	return max(time.Since(b.since), time.Now().Round(0).Sub(b.since.Round(0)))
}

// begin reports whether it is time for a request: a quarter of the time has passed
// since the latest one, or it has failed. A request that hangs does not keep
// the next one from being sent.
func (b *heart) begin(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.stale && now.Sub(b.asked) < b.ttl/4 {
		return false
	}
	b.asked, b.stale = now, false
	return true
}

// renewed is the outcome of a request that was sent at began. A lease that has
// expired is renewed all the same, because it may not have been taken.
func (b *heart) renewed(began time.Time, held bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.still:
	case err != nil:
		b.stale = true
	case !held:
		b.lose("another holder took the lease")
	case began.After(b.since):
		b.since = began
		b.expiry.Reset(time.Until(began.Add(b.ttl)))
	}
}

// rest ends all judgment.
func (b *heart) rest() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.still = true
}
