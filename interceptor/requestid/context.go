package requestid

import "context"

type contextKey struct{}

// With returns a context whose calls carry this ID, unless the caller set the header. An ID that is
// empty, longer than 200 bytes, or not all visible ASCII (no spaces) is ignored, since it may come
// from a stranger.
func With(ctx context.Context, id string) context.Context {
	if !valid(id) {
		return ctx
	}
	return context.WithValue(ctx, contextKey{}, id)
}

// From returns the ID that [With] put into the context.
func From(ctx context.Context) (string, bool) {
	id, ok := ctx.Value(contextKey{}).(string)
	return id, ok
}
