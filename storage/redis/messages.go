package redis

import (
	"context"
	"sync"

	goredis "github.com/redis/go-redis/v9"

	"github.com/chatelaine-go/chatelaine/storage/internal/waiters"
)

// messages hands the messages of one subscription to the waiters of this
// process. The subscription begins with the first waiter and ends with close.
type messages struct {
	waiters waiters.Registry // by the name of the hash

	mu     sync.Mutex
	sub    *goredis.PubSub
	done   chan struct{} // closed when nothing of the subscription runs
	closed bool
}

// Watch implements [lease.Watcher].
func (b *backend) Watch(ctx context.Context, key string) (released <-chan struct{}, stop func(), err error) {
	m := &b.messages
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, nil, goredis.ErrClosed
	}
	if m.sub == nil {
		m.sub = b.client.Subscribe(context.WithoutCancel(ctx), b.channel())
		m.done = make(chan struct{})
		go m.serve(m.sub.Channel(), m.done)
	}
	released, stop = m.waiters.Add(b.hash(key))
	return released, stop, nil
}

// serve ends when the subscription is closed.
func (m *messages) serve(in <-chan *goredis.Message, done chan<- struct{}) {
	defer close(done)
	for message := range in {
		m.waiters.Wake(message.Payload)
	}
}

// Close implements [io.Closer]: it ends the subscription.
func (b *backend) Close() error {
	m := &b.messages
	m.mu.Lock()
	sub, done := m.sub, m.done
	m.closed, m.sub = true, nil
	m.mu.Unlock()
	if sub == nil {
		return nil
	}
	err := sub.Close()
	<-done
	return failed(err)
}
