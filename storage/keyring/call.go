package keyring

import (
	"context"
	"errors"
	"fmt"
	"time"
)

var errTimeout = errors.New("no response in time")

// A serialCaller runs calls that know no context, one at a time: no backend
// promises more, and calls that hang must not pile up.
type serialCaller struct {
	turn  chan struct{}
	grace time.Duration // how long a call may take to end after its context, before it is left alone
}

func newSerialCaller() serialCaller { return serialCaller{turn: make(chan struct{}, 1)} }

// callWithTimeout returns what fn returns, or an error when limit or ctx is
// over. In that case fn keeps running, because nothing can stop it, and the next call
// waits for its end.
func callWithTimeout[T any](ctx context.Context, c serialCaller, limit time.Duration, fn func() (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	var none T
	if err := ctx.Err(); err != nil {
		return none, err
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case c.turn <- struct{}{}:
	case <-timer.C:
		return none, fmt.Errorf("%w (%v): an earlier call still hangs", errTimeout, limit)
	case <-ctx.Done():
		return none, ctx.Err()
	}
	done := make(chan outcome, 1)
	go func() {
		var o outcome
		defer func() {
			if p := recover(); p != nil {
				o = outcome{err: fmt.Errorf("panicked: %v", p)}
			}
			<-c.turn
			done <- o
		}()
		o.value, o.err = fn()
	}()
	select {
	case o := <-done:
		return o.value, o.err
	case <-timer.C:
		return none, fmt.Errorf("%w (%v)", errTimeout, limit)
	case <-ctx.Done():
	}
	select {
	case <-done:
	case <-time.After(c.grace):
	}
	return none, ctx.Err()
}
