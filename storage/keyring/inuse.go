package keyring

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"
)

// maxClose is how long Close waits for callbacks.
const maxClose = time.Minute

// inUse counts the Updates whose callback was called and that have not returned.
// A callback may have spent something that the store alone remembers, such as a
// refresh token: a program that closes its store and ends must not lose what
// came of it.
type inUse struct {
	mu     sync.Mutex
	count  int
	closed bool
	idle   chan struct{} // closed when count falls to 0 after close
}

// enter counts an Update, unless the store is closed.
func (u *inUse) enter() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.closed {
		return fmt.Errorf("keyring: the store: %w", fs.ErrClosed)
	}
	u.count++
	return nil
}

func (u *inUse) leave() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.count--
	if u.count == 0 && u.idle != nil {
		close(u.idle)
		u.idle = nil
	}
}

// close lets no callback be called any more, and waits for those that run.
func (u *inUse) close() error {
	u.mu.Lock()
	u.closed = true
	if u.count > 0 && u.idle == nil {
		u.idle = make(chan struct{})
	}
	idle := u.idle
	u.mu.Unlock()
	if idle == nil {
		return nil
	}
	timer := time.NewTimer(maxClose)
	defer timer.Stop()
	select {
	case <-idle:
		return nil
	case <-timer.C:
		return fmt.Errorf("keyring: close: %w", errInUse)
	}
}

var errInUse = errors.New("a value is still being changed, and will not be stored if the program ends")

// counted calls update with fn, and counts it from the call of fn on.
func (u *inUse) counted(update func(fn change) error, fn change) error {
	entered := false
	defer func() {
		if entered {
			u.leave()
		}
	}()
	return update(func(ctx context.Context, old []byte) ([]byte, error) {
		if err := u.enter(); err != nil {
			return nil, err
		}
		entered = true
		return fn(ctx, old)
	})
}

// A change is what Update calls.
type change = func(ctx context.Context, old []byte) ([]byte, error)
