package auth

import (
	"context"
	"sync"

	"github.com/chatelaine-go/chatelaine/auth/internal/wait"
)

// call is work that several callers wait for: a refresh, or a read of the store. It runs detached
// from all of them, so a caller that gives up ends only its own wait.
type call struct {
	done  chan struct{}
	abort context.CancelFunc // makes a refresh give up on the server; nil for a read
	once  sync.Once
	s     *session // what the callers get, once done is closed
	err   error
}

func newCall() *call { return &call{done: make(chan struct{})} }

// finish gives the outcome to all callers that wait. Only the first outcome counts: a Logout
// finishes the call of a refresh that is still running.
func (c *call) finish(s *session, err error) {
	c.once.Do(func() {
		c.s, c.err = s, err
		close(c.done)
	})
}

// wait waits for the outcome, or for the end of ctx. Each caller waits with a context of its own.
// When that ends, the work continues for the others.
func (c *call) wait(ctx context.Context) (*session, error) {
	select {
	case <-c.done:
	case <-ctx.Done():
	}
	// If both are ready, select picks one at random. The caller's context always wins.
	if ctx.Err() != nil {
		return nil, wait.Why(ctx)
	}
	return c.s, c.err
}
