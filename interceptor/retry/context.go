package retry

import "context"

type choice uint8

const (
	byDefault choice = iota
	never
	always
)

type contextKey struct{}

// Never returns a context whose calls are not repeated by this package.
func Never(ctx context.Context) context.Context { return context.WithValue(ctx, contextKey{}, never) }

// Always returns a context whose calls may be sent twice whatever their method; what is repeated,
// and how often, is as configured. It undoes Never.
func Always(ctx context.Context) context.Context { return context.WithValue(ctx, contextKey{}, always) }

func choiceOf(ctx context.Context) choice {
	c, _ := ctx.Value(contextKey{}).(choice)
	return c
}
