package postgres

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

const (
	// mostAtOnce bounds a statement; more are sent by the next one.
	mostAtOnce  = 1000
	sendTimeout = 5 * time.Second
)

// statement sends a list of payloads. PostgreSQL lets one transaction after the other
// commit that notifies, in the whole server, so none of them waits for the disk:
// what it commits is nothing but the notification, which may be lost.
const statement = `select pg_notify($1::text, payload) from unnest(string_to_array($2::text, ',')) as payload,
(select set_config('synchronous_commit', 'off', true)) as quick`

// Released tells the waiters of all programs that a lease of key has been
// released. It does not block: a goroutine sends what has been released meanwhile
// in one statement.
func (s *Signals) Released(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.released[encode(key)] = struct{}{}
	if !s.sends {
		s.sends = true
		s.running(s.send)
	}
}

// send returns when there is nothing left to send. What cannot be sent is given
// up: the waiters look for themselves.
func (s *Signals) send(ctx context.Context) {
	for batch := s.next(); len(batch) > 0; batch = s.next() {
		s.sent(s.notify(ctx, batch))
	}
}

func (s *Signals) notify(ctx context.Context, batch []string) (err error) {
	defer func() { // a caller could not recover what the driver does on this goroutine
		if p := recover(); p != nil {
			err = fmt.Errorf("postgres: notify: the driver panicked: %v", p)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	if _, err := s.config.DB.ExecContext(ctx, statement, s.config.Channel, strings.Join(batch, ",")); err != nil {
		return fmt.Errorf("postgres: notify: %w", err)
	}
	return nil
}

// next takes a batch of payloads. There is none when the sender is to end.
func (s *Signals) next() (batch []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	batch = slices.Collect(maps.Keys(s.released))
	if len(batch) > mostAtOnce {
		batch = batch[:mostAtOnce]
	}
	for _, payload := range batch {
		delete(s.released, payload)
	}
	s.sends = len(batch) > 0
	return batch
}
