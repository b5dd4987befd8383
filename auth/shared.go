package auth

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
)

// shared is the part of an Interceptor behind its mutex, which is never held while anything is waited for and
// never while the user's code runs.
type shared struct {
	mu       sync.Mutex
	epoch    epoch
	loading  *flight // the store is being read
	attempts window
	debt     *debt // what the store does not know yet
	leaving  int   // Logouts under way: what is stored does not count

	// The current session is being refreshed. Written under the mutex, and read without it by the requests that do not wait.
	refreshing atomic.Pointer[flight]

	turn     chan struct{} // held by a Login, a Logout or whoever pays a debt while it changes the store
	entering string        // the session that a Login is storing or has stored, until it is known

	events  []Event // that happened, and nobody was told of yet
	telling bool    // somebody is being told

	active  int           // goroutines
	idle    chan struct{} // closed when active falls to 0, if Close waits for it
	closing chan struct{} // closed by Close
	closed  bool
}

// epoch orders the logins and ends of sessions of this process.
type epoch struct {
	changes uint64
	ends    uint64 // those after which there was no session
}

// begin starts a new epoch: what is under way or owed for the old one does not count any more. The mutex is held.
func (s *shared) begin() {
	s.epoch.changes++
	s.loading, s.debt, s.attempts = nil, nil, nil
	s.refreshing.Store(nil)
}

// takeTurn waits until no other Login or Logout, nor who pays a debt, changes the store, so that store and memory change in the
// same order.
func (a *Interceptor) takeTurn(ctx context.Context) (leave func(), err error) {
	if a.isInside(ctx) {
		return nil, errInside
	}
	select {
	case a.turn <- struct{}{}:
		return func() { <-a.turn }, nil
	case <-ctx.Done():
		return nil, whyDone(ctx)
	}
}

// errInside is a call that would wait for the very refresh it is made from.
var errInside = errors.New("auth: the Refresher must not call the session it refreshes")

// spawn runs work on a goroutine that Close waits for; false if it is closed already. The mutex is held.
func (s *shared) spawn(work func()) bool {
	if s.closed {
		return false
	}
	s.active++
	go func() {
		defer s.finished()
		work()
	}()
	return true
}

func (s *shared) finished() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.active--
	if s.active == 0 && s.idle != nil {
		close(s.idle)
		s.idle = nil
	}
}
