package lease

import "context"

// heldKey is an unnamed type like interruptedKey, for the same reason.
type heldKey = struct{ LockHeld struct{} }

// Held returns nil as long as the lease of the [Store.Update] that ctx belongs to lasts, and then
// an error that matches [storage.ErrLost]. It reads the clock: in a process that was stopped and
// resumes, or that is short of CPU time, the context may not have ended yet. Call Held at the last
// moment before something that cannot be taken back. For any other context it returns nil.
//
// A package that must not import this one asks for
// ctx.Value(struct{ LockHeld struct{} }{}) and gets a func() error or nil.
func Held(ctx context.Context) error {
	if held, ok := ctx.Value(heldKey{}).(func() error); ok {
		return held()
	}
	return nil
}

func withHeld(ctx context.Context, held func() error) context.Context {
	return context.WithValue(ctx, heldKey{}, held)
}
