package auth

import (
	"context"
	"sync"
)

// flight is work that several callers wait for. It runs detached from all of them: a caller that gives up ends its own wait
// only.
type flight struct {
	done chan struct{}
	once sync.Once
	s    *session
	err  error
}

func newFlight() *flight { return &flight{done: make(chan struct{})} }

// land gives the outcome to everyone who waits; only the first one counts.
func (f *flight) land(s *session, err error) {
	f.once.Do(func() {
		f.s, f.err = s, err
		close(f.done)
	})
}

func (f *flight) wait(ctx context.Context) (*session, error) {
	select {
	case <-f.done:
		return f.s, f.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// shared is the part of an Interceptor behind its mutex, which is never held while anything is waited for and
// never while the user's code runs.
type shared struct {
	mu         sync.Mutex
	epoch      epoch
	loading    *flight // the store is being read
	refreshing *flight // the current session is being refreshed
	attempts   window
	debt       *debt  // what the store does not know yet
	leaving    int    // Logouts under way: what is stored does not count
	ended      string // the last session that was ended here: stored or not, it does not count

	active  int           // goroutines
	idle    chan struct{} // closed when active falls to 0, if Close waits for it
	closing chan struct{} // closed by Close
	closed  bool
}

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
