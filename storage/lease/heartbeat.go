package lease

import (
	"context"
	"sync"
	"time"
)

// keepAlive renews the lease until stop is called, and returns a child of ctx
// that ends when the lease is lost.
func (h *holding) keepAlive(ctx context.Context) (inside context.Context, stop func()) {
	inside, cancel := context.WithCancelCause(ctx)
	beating, end := context.WithCancel(context.WithoutCancel(ctx))
	var once sync.Once
	lose := func(how string) {
		once.Do(func() {
			h.store.counts.lost.Add(1)
			cancel(lost(h.key, how))
		})
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.beat(beating, lose)
	}()
	return inside, func() {
		end()
		<-done
		cancel(nil)
	}
}

// beat renews the lease every third of its time. The lease counts as lost when
// the backend says so, or when its time has passed on the clock of this
// process since the last success: that is what happens to a process that was
// stopped. It goes on after that, because a lease that has expired may not have
// been taken.
func (h *holding) beat(ctx context.Context, lose func(how string)) {
	ttl := h.store.config.TTL
	expiry := time.AfterFunc(time.Until(h.since.Add(ttl)), func() { lose("the lease could not be renewed in time") })
	defer expiry.Stop()
	ticker := time.NewTicker(ttl / 3)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		began := time.Now()
		held, err := h.renew(ctx)
		switch {
		case err != nil: // the next beat may succeed
		case !held:
			lose("another holder took the lease")
			return
		default:
			expiry.Reset(time.Until(began.Add(ttl)))
		}
	}
}

func (h *holding) renew(ctx context.Context) (held bool, err error) {
	defer func() { err = recovered(recover(), err) }()
	c := h.store.config
	ctx, cancel := context.WithTimeout(ctx, min(c.OpTimeout, c.TTL/3))
	defer cancel()
	h.store.counts.renewals.Add(1)
	return c.Backend.Renew(ctx, h.key, h.grant, c.TTL)
}
