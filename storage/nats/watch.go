package nats

import (
	"context"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/chatelaine-go/chatelaine/storage/lease"
)

// A watcher wakes waiters by a watch of the entry.
type watcher struct {
	*lease.CASBackend
	bucket jetstream.KeyValue
}

var (
	_ lease.Backend = watcher{}
	_ lease.Watcher = watcher{}
)

// Watch implements [lease.Watcher]. It notifies of every write of the entry,
// renewals too, which are rare.
func (w watcher) Watch(ctx context.Context, key string) (released <-chan struct{}, stop func(), err error) {
	updates, err := w.bucket.Watch(ctx, nameOf(key), jetstream.UpdatesOnly(), jetstream.MetaOnly())
	if err != nil {
		return nil, nil, failed(err)
	}
	c, done, end := make(chan struct{}, 1), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-end:
				return
			case e, ok := <-updates.Updates():
				if !ok {
					return
				}
				if e == nil {
					continue // what was there before the watch ends here
				}
				select {
				case c <- struct{}{}:
				default: // it has not looked at the one before
				}
			}
		}
	}()
	return c, func() {
		_ = updates.Stop()
		close(end)
		<-done
	}, nil
}
