package logging

import (
	"context"
	"log/slog"
	"slices"
)

type (
	attrsKey struct{}
	quietKey struct{}
)

// With returns a context whose calls are logged with these attributes, in addition to those that it
// already has. They are not redacted.
func With(ctx context.Context, attrs ...slog.Attr) context.Context {
	have := attrsOf(ctx)
	return context.WithValue(ctx, attrsKey{}, append(slices.Clip(have), attrs...))
}

// Without returns a context whose calls are not logged.
func Without(ctx context.Context) context.Context { return context.WithValue(ctx, quietKey{}, true) }

func attrsOf(ctx context.Context) []slog.Attr {
	a, _ := ctx.Value(attrsKey{}).([]slog.Attr)
	return a
}

func quiet(ctx context.Context) bool { return ctx.Value(quietKey{}) != nil }
