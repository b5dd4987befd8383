// Package wait helps with waits that end with a context.
//
// # Overview
//
// Every wait of package auth ends with the caller's context, and its error then says why that
// ended: a caller that was canceled with a cause finds both.
//
// # Usage
//
//	select {
//	case <-done:
//	case <-ctx.Done():
//		return wait.Why(ctx)
//	}
//
// # Errors
//
// [Why] returns an error that [errors.Is] finds to be that of the context and its cause.
//
// # Concurrency
//
// The functions are safe for concurrent use.
//
// # Security
//
// A cause is the caller's and is passed on unchanged.
package wait

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Why returns why ctx has ended: its cause, as an error that is also ctx.Err.
func Why(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if errors.Is(cause, err) {
		return cause
	}
	return fmt.Errorf("%w: %w", err, cause)
}

// Pause waits for d, and reports whether that passed before ctx ended.
func Pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
