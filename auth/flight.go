package auth

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// flight is work that several callers wait for. It runs detached from all of them: a caller that gives up ends its own wait
// only.
type flight struct {
	done  chan struct{}
	abort context.CancelFunc // makes a refresh give up on the server
	once  sync.Once
	s     *session
	err   error
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
	case <-ctx.Done():
	}
	if ctx.Err() != nil { // also where both are, so that it is not chance that decides
		return nil, whyDone(ctx)
	}
	return f.s, f.err
}

// whyDone returns the cause of the end of ctx as an error that is also ctx.Err.
func whyDone(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if errors.Is(cause, err) {
		return cause
	}
	return fmt.Errorf("%w: %w", err, cause)
}
