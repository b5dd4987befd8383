package auth

import "context"

// exclusion is in a context whose requests are not signed by an interceptor, or by any.
type exclusion struct {
	by    *Interceptor // nil: any
	outer *exclusion   // of the context around
}

type exclusionKey struct{}

func exclude(ctx context.Context, by *Interceptor) context.Context {
	return context.WithValue(ctx, exclusionKey{}, &exclusion{by: by, outer: exclusionOf(ctx)})
}

func exclusionOf(ctx context.Context) *exclusion {
	e, _ := ctx.Value(exclusionKey{}).(*exclusion)
	return e
}

// WithoutAuth returns a context whose requests are sent without a token, by every session, and
// whose 401 comes back unchanged, Config.RequireLogin or not. It is for the login request itself.
// Relative URLs are still resolved.
func WithoutAuth(ctx context.Context) context.Context { return exclude(ctx, nil) }

// markInside marks the context of a call of the Refresher: what it sends cannot wait for itself.
func (a *Interceptor) markInside(ctx context.Context) context.Context { return exclude(ctx, a) }

func (a *Interceptor) isInside(ctx context.Context) bool { return exclusionOf(ctx).names(a) }

func (a *Interceptor) excluded(ctx context.Context) bool {
	e := exclusionOf(ctx)
	return e.names(nil) || e.names(a)
}

func (e *exclusion) names(a *Interceptor) bool {
	for ; e != nil; e = e.outer {
		if e.by == a {
			return true
		}
	}
	return false
}

// ofSettings reports whether requests are to be sent unsigned by all sessions that share s: they
// opt out, or come from a Refresher of one of the sessions.
func (e *exclusion) ofSettings(s *settings) bool {
	for ; e != nil; e = e.outer {
		if e.by == nil || e.by.settings == s {
			return true
		}
	}
	return false
}
