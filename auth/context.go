package auth

import "context"

// exclusion is the key of a context whose requests are not signed by an interceptor, or by any.
type exclusion struct{ by *Interceptor }

// WithoutAuth returns a context whose requests are sent without a token, by every session, and whose 401 comes back as it
// is. Relative URLs are still resolved.
func WithoutAuth(ctx context.Context) context.Context {
	return context.WithValue(ctx, exclusion{}, true)
}

// inside marks the context of a call of the Refresher: what it sends cannot wait for itself.
func (a *Interceptor) inside(ctx context.Context) context.Context {
	return context.WithValue(ctx, exclusion{a}, true)
}

func (a *Interceptor) isInside(ctx context.Context) bool { return ctx.Value(exclusion{a}) != nil }

func (a *Interceptor) excluded(ctx context.Context) bool {
	return ctx.Value(exclusion{}) != nil || a.isInside(ctx)
}
