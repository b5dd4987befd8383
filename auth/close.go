package auth

import (
	"context"
	"fmt"
)

// Close waits for a refresh under way and its save, and tries once more to store what the store has not taken; ctx
// bounds both. Afterwards no goroutine of the interceptor is left, requests are still signed with what is known, and nothing
// is refreshed. A second Close waits and tries again.
func (a *Interceptor) Close(ctx context.Context) error {
	a.mu.Lock()
	if !a.closed {
		a.closed = true
		close(a.closing)
	}
	if a.active > 0 && a.idle == nil {
		a.idle = make(chan struct{})
	}
	idle := a.idle
	a.mu.Unlock()
	if idle != nil {
		select {
		case <-idle:
		case <-ctx.Done():
			return fmt.Errorf("auth: Close: a refresh is still under way: %w", whyDone(ctx))
		}
	}
	a.mu.Lock()
	d := a.debt
	a.mu.Unlock()
	if d == nil {
		return nil
	}
	err := a.tryToPay(ctx, d)
	switch {
	case err == nil:
		return nil
	case d.record == nil:
		return persistError("delete", err)
	default:
		return persistError("save", err)
	}
}
