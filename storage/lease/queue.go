package lease

import (
	"context"
	"math/rand/v2"
	"time"
)

const (
	firstPoll   = 20 * time.Millisecond
	slowestPoll = 500 * time.Millisecond // of a backend without notifications
	fallback    = time.Second            // of a [Watcher]
)

// A queue is one wait for the lease of a key that another store holds. Polls
// begin fast, since most holders need a fraction of a second, and become rarer.
type queue struct {
	store    *Store
	key      string
	waiting  bool
	released <-chan struct{} // nil: no notifications
	stop     func()
	next     time.Duration
	slowest  time.Duration
}

// wait returns when it is time to ask again: after a notification, after a
// while, or when the lease that was in the way must have expired.
func (q *queue) wait(ctx context.Context, left time.Duration) error {
	q.join(ctx)
	timer := time.NewTimer(q.interval(left))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return waited(ctx, q.key)
	case <-timer.C:
	case <-q.released:
	}
	return nil
}

func (q *queue) join(ctx context.Context) {
	if q.waiting {
		return
	}
	q.waiting, q.next, q.slowest = true, firstPoll, slowestPoll
	q.store.counts.waits.Add(1)
	watcher, ok := q.store.config.Backend.(Watcher)
	if !ok {
		return
	}
	// Without notifications the polls go on; so an error is no reason to stop.
	if released, stop, err := watcher.Watch(ctx, q.key); err == nil {
		q.released, q.stop, q.slowest = released, stop, fallback
	}
}

// interval returns how long to wait before the next poll: up to a quarter more
// or less than planned, so that machines do not ask in step.
func (q *queue) interval(left time.Duration) time.Duration {
	d := q.next*3/4 + rand.N(q.next/2)
	q.next = min(2*q.next, q.slowest)
	if left > 0 {
		d = min(d, left+time.Millisecond)
	}
	return d
}

func (q *queue) leave() {
	if q.stop != nil {
		q.stop()
	}
}
