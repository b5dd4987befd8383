package lease_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/chatelaine-go/chatelaine/storage/lease"
)

// A link is a machine's way to the database. An operation takes one round trip, as a statement
// does, and fails or hangs while the machine is disturbed.
type link struct {
	*lease.CASBackend
	figures *figures

	mu     sync.Mutex
	until  time.Time // the machine is disturbed
	silent bool      // an operation hangs until then; otherwise it fails at once
}

var (
	_ lease.Backend = (*link)(nil)
	_ lease.Looker  = (*link)(nil)
	_ lease.Renewer = (*link)(nil)
)

// disturb disturbs the machine now and then until ended.
func (l *link) disturb(ended time.Time, random *rand.Rand) {
	for {
		pass(time.Duration(random.ExpFloat64() * float64(disturbedEvery)))
		if time.Now().After(ended) {
			return
		}
		l.cut(time.Duration(random.Int64N(int64(disturbedFor))), random.IntN(2) == 0)
	}
}

func (l *link) cut(length time.Duration, silent bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.until, l.silent = time.Now().Add(length), silent
}

// delay returns how long an operation that begins now takes, or that it fails.
func (l *link) delay() (time.Duration, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	d := time.Duration((0.5 + rand.ExpFloat64()/2) * float64(time.Millisecond))
	if rand.N(1000) == 0 {
		d += 50 * time.Millisecond
	}
	switch rest := time.Until(l.until); {
	case rest <= 0:
		return d, nil
	case l.silent:
		return d + rest, nil
	default:
		return 0, errDown
	}
}

// trip runs operation at the end of a round trip.
func trip[T any](ctx context.Context, l *link, kind kind, operation func() (T, error)) (result T, err error) {
	l.figures.operation(kind)
	d, err := l.delay()
	if err != nil {
		return result, err
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return result, ctx.Err()
	case <-timer.C:
	}
	found, err := operation()
	if err == nil && kind == write && rand.N(lostResponse) == 0 {
		return result, errDown
	}
	return found, err
}

func (l *link) Load(ctx context.Context, key string) ([]byte, error) {
	return trip(ctx, l, read, func() ([]byte, error) { return l.CASBackend.Load(ctx, key) })
}

func (l *link) Look(ctx context.Context, keys []string) ([]time.Duration, error) {
	return trip(ctx, l, read, func() ([]time.Duration, error) { return l.CASBackend.Look(ctx, keys) })
}

func (l *link) Acquire(ctx context.Context, key, owner string, ttl time.Duration) (lease.Grant, error) {
	return trip(ctx, l, write, func() (lease.Grant, error) { return l.CASBackend.Acquire(ctx, key, owner, ttl) })
}

func (l *link) Renew(ctx context.Context, key string, g lease.Grant, ttl time.Duration) (bool, error) {
	return trip(ctx, l, write, func() (bool, error) { return l.CASBackend.Renew(ctx, key, g, ttl) })
}

func (l *link) RenewAll(ctx context.Context, leases []lease.Lease, ttl time.Duration) ([]bool, error) {
	return trip(ctx, l, write, func() (held []bool, err error) {
		held = make([]bool, len(leases))
		for i, h := range leases {
			if held[i], err = l.CASBackend.Renew(ctx, h.Key, lease.Grant{Held: true, Fence: h.Fence}, ttl); err != nil {
				return nil, err
			}
		}
		return held, nil
	})
}

func (l *link) Commit(ctx context.Context, key string, g lease.Grant, c lease.Change) (lease.Result, error) {
	return trip(ctx, l, write, func() (lease.Result, error) { return l.CASBackend.Commit(ctx, key, g, c) })
}
