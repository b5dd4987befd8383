package redis

import (
	"context"
	"sync"

	goredis "github.com/redis/go-redis/v9"
)

// messages hands the messages of one subscription to the waiters of this
// process. The subscription begins with the first waiter and ends with close.
type messages struct {
	mu      sync.Mutex
	sub     *goredis.PubSub
	done    chan struct{} // closed when nothing of the subscription runs
	closed  bool
	waiters map[string]map[chan struct{}]struct{} // by the name of the hash
}

// Watch implements [lease.Watcher].
func (b *backend) Watch(ctx context.Context, key string) (released <-chan struct{}, stop func(), err error) {
	m, name := &b.messages, b.hash(key)
	c := make(chan struct{}, 1)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, nil, goredis.ErrClosed
	}
	if m.sub == nil {
		m.sub = b.client.Subscribe(context.WithoutCancel(ctx), b.channel())
		m.done = make(chan struct{})
		m.waiters = make(map[string]map[chan struct{}]struct{})
		go m.serve(m.sub.Channel(), m.done)
	}
	if m.waiters[name] == nil {
		m.waiters[name] = make(map[chan struct{}]struct{})
	}
	m.waiters[name][c] = struct{}{}
	return c, func() { m.forget(name, c) }, nil
}

func (m *messages) forget(name string, c chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.waiters[name], c)
	if len(m.waiters[name]) == 0 {
		delete(m.waiters, name)
	}
}

// serve ends when the subscription is closed.
func (m *messages) serve(in <-chan *goredis.Message, done chan<- struct{}) {
	defer close(done)
	for message := range in {
		m.wake(message.Payload)
	}
}

func (m *messages) wake(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for c := range m.waiters[name] {
		select {
		case c <- struct{}{}:
		default: // it has not looked at the one before
		}
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
