package lease

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"

	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/internal/keymutex"
)

// ErrClosed is returned by a [Store] that has been closed.
var ErrClosed = errors.New("lease: the store is closed")

// Store is a [storage.Store] over a [Backend]. Use [New]; the zero value is
// not usable.
type Store struct {
	config Config
	owner  string         // of all leases of this store; no other store has it
	local  keymutex.Mutex // one holder or waiter per key asks the backend
	counts counters

	keeper  keeper
	lookout *lookout // nil: the backend is not a Looker
	pace    pace

	close   func(cause error)                 // ends every wait for a lease
	onClose func(f func()) (stop func() bool) // runs f when close is called

	mu     sync.Mutex
	closed bool
	users  int           // calls under way
	idle   chan struct{} // closed when closed and users == 0
}

var _ storage.Store = (*Store)(nil)

// New checks the configuration and returns the store, or one error that names
// every problem. It does not call the backend.
func New(c Config) (*Store, error) {
	c, err := c.checked()
	if err != nil {
		return nil, err
	}
	waiting, cancel := context.WithCancelCause(context.Background())
	s := &Store{
		config: c, owner: rand.Text(), idle: make(chan struct{}), close: cancel,
		onClose: func(f func()) func() bool { return context.AfterFunc(waiting, f) },
	}
	s.keeper.store = s
	if looker, ok := c.Backend.(Looker); ok {
		s.lookout = &lookout{store: s, looker: looker}
	}
	return s, nil
}

// Load implements [storage.Store]. It never waits for a lease.
func (s *Store) Load(ctx context.Context, key string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("lease: load: %w", err)
	}
	if err := checkKey(key); err != nil {
		return nil, err
	}
	if !s.enter() {
		return nil, ErrClosed
	}
	defer s.leave()
	ctx, cancel := context.WithTimeout(ctx, s.config.OpTimeout)
	defer cancel()
	s.counts.loads.Add(1)
	value, err := s.config.Backend.Load(ctx, key)
	switch {
	case err != nil:
		return nil, fmt.Errorf("lease: load %q: %w", key, certain(err))
	case value == nil:
		return nil, fmt.Errorf("lease: nothing is stored under %q: %w", key, fs.ErrNotExist)
	default:
		return value, nil
	}
}

// Tombstones reports true: package auth leaves a record without tokens where a session has ended,
// so that the other machines can tell why, and can tell an end from lost data.
func (s *Store) Tombstones() bool { return true }

// Close ends the waits of all Updates that do not hold a lease yet, and waits,
// no longer than ctx, until those that do have saved and returned. Then it
// closes the backend if that is an [io.Closer]. Later calls of Load and Update
// return [ErrClosed]. After Close has returned nil nothing of the store runs
// anymore. It may be called again.
func (s *Store) Close(ctx context.Context) error {
	s.shut()
	s.close(ErrClosed)
	select {
	case <-s.idle:
	case <-ctx.Done():
		return fmt.Errorf("lease: close: callbacks of Update are still running: %w", ctx.Err())
	}
	if c, ok := s.config.Backend.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// shut refuses new calls.
func (s *Store) shut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.closed = true
	if s.users == 0 {
		close(s.idle)
	}
}

// untilClosed returns a child of ctx that also ends when the store is closed.
func (s *Store) untilClosed(ctx context.Context) (child context.Context, stop func()) {
	child, cancel := context.WithCancelCause(ctx)
	off := s.onClose(func() { cancel(ErrClosed) })
	return child, func() {
		off()
		cancel(nil)
	}
}

// enter counts a call, unless the store is closed.
func (s *Store) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.users++
	return true
}

func (s *Store) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users--
	if s.users == 0 && s.closed {
		close(s.idle)
	}
}

// stay counts one more of what a counted call does; it cannot be refused.
func (s *Store) stay() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users++
}

// String names the store, and shows no value or key.
func (s *Store) String() string { return fmt.Sprintf("lease.Store(%T)", s.config.Backend) }

// GoString is [Store.String].
func (s *Store) GoString() string { return s.String() }

func checkKey(key string) error {
	if len(key) > maxKey {
		return fmt.Errorf("%w: the key has %d bytes, at most %d are allowed", storage.ErrTooLarge, len(key), maxKey)
	}
	return nil
}

func (s *Store) checkValue(value []byte) error {
	if len(value) > s.config.MaxValue {
		return fmt.Errorf("%w: the value has %d bytes, at most %d are allowed", storage.ErrTooLarge, len(value), s.config.MaxValue)
	}
	return nil
}

// certain hides [fs.ErrNotExist] in the error of a backend, which returns nil
// for an absent value: the socket of a database may not exist either.
func certain(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New(err.Error())
	}
	return err
}
