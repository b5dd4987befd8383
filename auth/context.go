package auth

import "context"

type withoutAuthKey struct{}

// WithoutAuth returns a context whose requests are sent without a token, and whose 401 comes back as it is.
func WithoutAuth(ctx context.Context) context.Context {
	return context.WithValue(ctx, withoutAuthKey{}, true)
}

func withoutAuth(ctx context.Context) bool { return ctx.Value(withoutAuthKey{}) != nil }
