package postgres

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/jackc/pgx/v5"

	"github.com/chatelaine-go/chatelaine/storage/internal/waiters"
	"github.com/chatelaine-go/chatelaine/storage/sqlstore"
)

// ErrClosed is what [Signals.Watch] and [Signals.Err] return after [Signals.Close].
var ErrClosed = errors.New("postgres: the signals are closed")

// Signals is a [sqlstore.Signals] over LISTEN and NOTIFY. Use [New]; the zero
// value is not usable.
type Signals struct {
	config     Config
	connection *pgx.ConnConfig
	end        context.CancelFunc
	running    func(work func(context.Context)) // runs work until end is called
	workers    sync.WaitGroup
	waiters    waiters.Registry // by payload

	mu       sync.Mutex
	closed   bool
	listens  bool                // the goroutine that listens has been started
	sends    bool                // a goroutine sends
	released map[string]struct{} // payloads to send
	deaf     error               // why the latest attempt to listen failed or ended
	mute     error               // why the latest attempt to send failed
}

var _ sqlstore.Signals = (*Signals)(nil)

// New checks the configuration and returns the signals, or one error that names
// every problem. It does not call the database.
func New(c Config) (*Signals, error) {
	c, connection, err := c.check()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Signals{
		config: c, connection: connection, end: cancel, released: make(map[string]struct{}),
	}
	s.running = func(work func(context.Context)) { s.workers.Go(func() { work(ctx) }) }
	return s, nil
}

// Watch returns a channel that receives after a lease of key has been released by
// any program. It does not wait for the connection, without which there are no
// notifications. stop ends the watch.
func (s *Signals) Watch(_ context.Context, key string) (released <-chan struct{}, stop func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, nil, ErrClosed
	}
	if !s.listens {
		s.listens = true
		s.running(s.listen)
	}
	released, stop = s.waiters.Add(encode(key))
	return released, stop, nil
}

// Err returns nil while notifications are sent and received, or have not been
// needed yet, and otherwise why the latest attempts failed.
func (s *Signals) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	return errors.Join(s.deaf, s.mute)
}

func (s *Signals) listened(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deaf = err
}

func (s *Signals) sent(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mute = err
}

// Close ends the connection that listens. After Close has returned, nothing of
// the signals runs anymore. Close the stores that use them before. It may be
// called again, and its error is always nil.
func (s *Signals) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.end()
	s.workers.Wait()
	return nil
}

// String names the channel, and leaves the URL out.
func (s *Signals) String() string { return fmt.Sprintf("postgres.Signals(%q)", s.config.Channel) }

// Format prints String, whatever the verb.
func (s *Signals) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// encode returns the payload of key: text for any bytes, without a comma, never
// empty, and below the 8,000 bytes that a payload may have, since a key has no more
// than 1,024.
func encode(key string) string { return "." + base64.RawURLEncoding.EncodeToString([]byte(key)) }
