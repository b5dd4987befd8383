package lease

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// A lookout looks at the leases of other stores that goroutines of this one
// wait for: at all that are due in one call of a [Looker], one call at a time.
// So what a database has to do grows with the number of processes that wait,
// not with the number of their sessions, and a slow database is asked less
// often.
type lookout struct {
	store  *Store
	looker Looker

	mu      sync.Mutex
	waiting map[*queue]turn
	changed chan struct{}      // a queue has come
	end     context.CancelFunc // of the goroutine
}

// A turn is when to look next for a queue: at a time, or somewhat earlier if there
// is a look for others.
type turn struct{ at, early time.Time }

func after(d time.Duration) turn {
	now := time.Now()
	return turn{at: now.Add(d), early: now.Add(d * 2 / 3)}
}

func (l *lookout) add(ctx context.Context, q *queue, left time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) == 0 {
		l.waiting = make(map[*queue]turn)
		ctx, cancel := context.WithCancel(context.WithoutCancel(ctx)) // it serves others, too
		l.end, l.changed = cancel, make(chan struct{}, 1)
		l.store.stay()
		go l.run(ctx, l.changed)
	}
	l.waiting[q] = after(q.interval(left))
	select {
	case l.changed <- struct{}{}:
	default:
	}
}

func (l *lookout) remove(q *queue) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.waiting[q]; !ok {
		return
	}
	delete(l.waiting, q)
	if len(l.waiting) == 0 {
		l.end()
	}
}

// run looks when a queue is due, and rests after that for as long as it took.
func (l *lookout) run(ctx context.Context, changed <-chan struct{}) {
	defer l.store.leave()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for rested := time.Now(); ; {
		timer.Reset(max(time.Until(rested), time.Until(l.next())))
		select {
		case <-ctx.Done():
			return
		case <-changed:
			continue
		case <-timer.C:
		}
		began := time.Now()
		l.look(ctx, l.due(began))
		rested = time.Now().Add(time.Since(began))
	}
}

// next returns when the first queue is due.
func (l *lookout) next() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	next := time.Now().Add(slowestPoll)
	for _, t := range l.waiting {
		if t.at.Before(next) {
			next = t.at
		}
	}
	return next
}

func (l *lookout) due(now time.Time) (due []*queue) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for q, t := range l.waiting {
		if !t.early.After(now) {
			due = append(due, q)
		}
	}
	return due
}

// look wakes those whose lease is free, and all of them if the backend fails:
// they learn by asking for the lease what is wrong.
func (l *lookout) look(ctx context.Context, due []*queue) {
	if len(due) == 0 {
		return
	}
	keys := make([]string, len(due))
	for i, q := range due {
		keys[i] = q.key
	}
	left, err := l.ask(ctx, keys)
	if err != nil {
		left = slices.Repeat([]time.Duration{0}, len(due))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, q := range due {
		if _, ok := l.waiting[q]; !ok {
			continue // it has left meanwhile
		}
		if left[i] > 0 {
			l.waiting[q] = after(q.interval(left[i]))
			continue
		}
		l.waiting[q] = after(slowestPoll)
		select {
		case q.free <- struct{}{}:
		default:
		}
	}
}

func (l *lookout) ask(ctx context.Context, keys []string) (left []time.Duration, err error) {
	defer func() { err = recovered(recover(), err) }()
	ctx, cancel := context.WithTimeout(ctx, l.store.config.OpTimeout)
	defer cancel()
	l.store.counts.looks.Add(1)
	left, err = l.looker.Look(ctx, keys)
	if err == nil && len(left) != len(keys) {
		err = fmt.Errorf("lease: %T returned %d results for %d keys", l.looker, len(left), len(keys))
	}
	return left, err
}
