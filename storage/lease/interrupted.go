package lease

import "context"

// interruptedKey is an unnamed type with exported fields only, so that a
// package that does not import this one can ask the same question with the
// same key.
type interruptedKey = struct{ HolderInterrupted struct{} }

// Interrupted reports whether an earlier holder of the lock vanished: its lease
// expired while its callback may have been running, and no value was stored
// since. Whatever that callback did elsewhere, such as spending a refresh token,
// has an unknown outcome. ctx is the context of a callback of [Store.Update].
//
// A package that must not import this one asks for
// ctx.Value(struct{ HolderInterrupted struct{} }{}) and gets true or nil.
func Interrupted(ctx context.Context) bool {
	interrupted, _ := ctx.Value(interruptedKey{}).(bool)
	return interrupted
}

func withInterrupted(ctx context.Context) context.Context {
	return context.WithValue(ctx, interruptedKey{}, true)
}
