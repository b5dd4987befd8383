package idempotency

import "context"

type contextKey struct{}

// With returns a context whose calls carry this key, unless the caller set the header. Use a key
// for one operation only, and the same key when that operation is repeated, even after a restart. A
// key that is empty, longer than 255 bytes, or not all visible ASCII (no spaces) is ignored: the
// call gets one of its own.
func With(ctx context.Context, key string) context.Context {
	if !valid(key) {
		return ctx
	}
	return context.WithValue(ctx, contextKey{}, key)
}

// From returns the key that [With] put into the context.
func From(ctx context.Context) (string, bool) {
	key, ok := ctx.Value(contextKey{}).(string)
	return key, ok
}
