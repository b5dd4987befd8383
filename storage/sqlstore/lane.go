package sqlstore

import "context"

// A lane bounds how many of a pool's connections are used for loads, looks and
// acquires. A renewal that is late loses a session, so it must not queue behind
// them. Nil: there is no bound.
type lane chan struct{}

// newLane returns the lane of a pool of connections; 0: any number of them.
func newLane(connections int) lane {
	if connections < 2 {
		return nil
	}
	return make(lane, connections-max(1, connections/5))
}

// enter waits for a place no longer than ctx. The caller calls leave.
func (l lane) enter(ctx context.Context) (leave func(), err error) {
	if l == nil {
		return func() {}, nil
	}
	select {
	case l <- struct{}{}:
		return func() { <-l }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
