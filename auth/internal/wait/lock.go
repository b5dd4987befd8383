package wait

import "context"

// LockHeld returns an error if ctx has ended, or if it belongs to an update of a store whose lock
// is lost by the clock, though the context may not have ended yet: that happens to a process that
// was stopped and resumed. It is asked in the last moment before a refresh token is sent. The check
// is found by shape; see lease.Held.
func LockHeld(ctx context.Context) error {
	if ctx.Err() != nil {
		return Why(ctx)
	}
	if held, ok := ctx.Value(struct{ LockHeld struct{} }{}).(func() error); ok {
		return held()
	}
	return nil
}
