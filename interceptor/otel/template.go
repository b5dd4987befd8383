package otel

import (
	"context"
	"net/url"
	"strings"
)

type templateKey struct{}

// WithURLTemplate returns a context whose calls have this url.template: a path with a name in place
// of each value, such as /users/{id}. It becomes part of the names of spans and of the attributes
// of metrics, so it must not hold values.
func WithURLTemplate(ctx context.Context, template string) context.Context {
	return context.WithValue(ctx, templateKey{}, template)
}

func templateOf(ctx context.Context) string {
	t, _ := ctx.Value(templateKey{}).(string)
	return t
}

// pathOf returns the template in what was given to resty as a URL, with the path of the base URL
// before it; "" if there are no parameters in it.
func pathOf(base, given string) string {
	given, _, _ = strings.Cut(given, "#")
	given, _, _ = strings.Cut(given, "?")
	if _, rest, absolute := strings.Cut(given, "://"); absolute {
		_, path, _ := strings.Cut(rest, "/")
		base, given = "", path
	}
	if !strings.Contains(given, "{") {
		return ""
	}
	prefix := ""
	if u, err := url.Parse(base); err == nil {
		prefix = strings.TrimRight(u.EscapedPath(), "/")
	}
	return prefix + "/" + strings.TrimLeft(given, "/")
}
