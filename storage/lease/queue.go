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

// A queue is one wait for the lease of a key that another store holds. The first
// poll comes when a holder is usually done, and those after it become rarer.
type queue struct {
	store    *Store
	key      string
	waiting  bool
	free     chan struct{}   // the lookout has seen that the lease is free
	released <-chan struct{} // nil: no notifications
	stop     func()
	next     time.Duration // until the next poll; 0: there was none
	slowest  time.Duration
}

// wait returns when it is time to ask again: after a notification, when the
// lookout has seen the lease free, and, without a lookout, after a while.
func (q *queue) wait(ctx context.Context, left time.Duration) error {
	q.join(ctx)
	var timeout <-chan time.Time
	if l := q.store.lookout; l != nil {
		l.add(ctx, q, left)
		defer l.remove(q)
	} else {
		timer := time.NewTimer(q.interval(left))
		defer timer.Stop()
		timeout = timer.C
	}
	select {
	case <-ctx.Done():
		return waited(ctx, q.key)
	case <-timeout:
	case <-q.released:
	case <-q.free:
	}
	return nil
}

func (q *queue) join(ctx context.Context) {
	if q.waiting {
		return
	}
	q.waiting, q.slowest, q.free = true, slowestPoll, make(chan struct{}, 1)
	q.store.counts.waits.Add(1)
	watcher, ok := q.store.config.Backend.(Watcher)
	if !ok {
		return
	}
	// Without notifications the polls continue, so an error does not matter.
	if released, stop, err := watcher.Watch(ctx, q.key); err == nil {
		q.released, q.stop, q.slowest = released, stop, fallback
	}
}

// interval returns how long to wait before the next poll of a lease that lasts
// for left: up to a quarter more or less than planned, so that machines do not
// ask in step.
func (q *queue) interval(left time.Duration) time.Duration {
	d := q.next
	if d == 0 {
		d = q.store.pace.remaining(q.store.config.TTL - left)
	}
	d = min(max(d, firstPoll), q.slowest)
	q.next = min(2*max(q.next, q.store.pace.usual()/8, firstPoll/2), q.slowest)
	d = d*3/4 + rand.N(d/2)
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
