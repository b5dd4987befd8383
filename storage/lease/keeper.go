package lease

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// A keeper renews all leases of a store: on one goroutine, which runs while
// there are any, and in one call if the backend is a [Renewer]. So renewals do
// not compete with one another, and a store that holds a thousand leases does
// not need a thousand statements at once.
type keeper struct {
	store *Store

	mu   sync.Mutex
	held map[*heart]struct{}
	end  context.CancelFunc // of the goroutine
}

func (k *keeper) add(b *heart) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.held) == 0 {
		k.held = make(map[*heart]struct{})
		ctx, cancel := context.WithCancel(context.Background())
		k.end = cancel
		k.store.stay()
		go k.run(ctx)
	}
	k.held[b] = struct{}{}
}

func (k *keeper) remove(b *heart) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.held, b)
	if len(k.held) == 0 {
		k.end()
	}
}

// run looks twice in the quarter of the TTL after which a lease is due. Requests do not wait
// for one another: one may hang.
func (k *keeper) run(ctx context.Context) {
	defer k.store.leave()
	var requests sync.WaitGroup
	defer requests.Wait()
	ticker := time.NewTicker(k.store.config.TTL / 8)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		now := time.Now()
		if due := k.due(now); len(due) > 0 {
			requests.Go(func() { k.renew(ctx, now, due) })
		}
	}
}

func (k *keeper) due(now time.Time) (due []*heart) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for b := range k.held {
		if b.begin(now) {
			due = append(due, b)
		}
	}
	return due
}

func (k *keeper) renew(ctx context.Context, began time.Time, due []*heart) {
	c := k.store.config
	ctx, cancel := context.WithTimeout(ctx, min(c.OpTimeout, 2*c.TTL/3))
	defer cancel()
	if all, ok := c.Backend.(Renewer); ok {
		held, err := k.renewAll(ctx, all, due)
		for i, b := range due {
			b.renewed(began, err == nil && held[i], err)
		}
		return
	}
	var requests sync.WaitGroup
	for _, b := range due {
		requests.Go(func() {
			held, err := k.renewOne(ctx, b)
			b.renewed(began, held, err)
		})
	}
	requests.Wait()
}

func (k *keeper) renewAll(ctx context.Context, all Renewer, due []*heart) (held []bool, err error) {
	defer func() { err = recovered(recover(), err) }()
	k.store.counts.renewals.Add(1)
	leases := make([]Lease, len(due))
	for i, b := range due {
		leases[i] = Lease{Key: b.key, Fence: b.fence}
	}
	held, err = all.RenewAll(ctx, leases, k.store.config.TTL)
	if err == nil && len(held) != len(due) {
		err = fmt.Errorf("lease: %T returned %d results for %d leases", all, len(held), len(due))
	}
	return held, err
}

func (k *keeper) renewOne(ctx context.Context, b *heart) (held bool, err error) {
	defer func() { err = recovered(recover(), err) }()
	k.store.counts.renewals.Add(1)
	return k.store.config.Backend.Renew(ctx, b.key, Grant{Held: true, Fence: b.fence}, k.store.config.TTL)
}
