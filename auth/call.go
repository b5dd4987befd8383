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
	abort context.CancelFunc // makes a refresh give up on the server
	once  sync.Once
	s     *session
	err   error
}

func newCall() *call { return &call{done: make(chan struct{})} }

// finish gives the outcome to all callers that wait. Only the first outcome counts: a Logout
// finishes the refresh under way before that comes to its end.
func (c *call) finish(s *session, err error) {
	c.once.Do(func() {
		c.s, c.err = s, err
		close(c.done)
	})
}

// wait waits for the outcome, or for the end of ctx. Each caller waits with a context of its own,
// and what it does not wait for goes on for the others.
func (c *call) wait(ctx context.Context) (*session, error) {
	select {
	case <-c.done:
	case <-ctx.Done():
	}
	if ctx.Err() != nil { // checked even if both are ready, so that chance does not decide
		return nil, wait.Why(ctx)
	}
	return c.s, c.err
}
