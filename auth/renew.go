package auth

import "context"

// Renew returns the token to use in place of one that a server refused outside of HTTP, such as on
// a gRPC or WebSocket connection, or in another library's client. If the session holds another
// token than the refused one by now, Renew returns that; else it refreshes, once for all that
// report the same token. The errors are those of [Interceptor.Token].
func (a *Interceptor) Renew(ctx context.Context, refusedToken Token) (Token, error) {
	s, err := a.latest(ctx)
	if err != nil || !s.signedIn() {
		return tokenOf(s, err)
	}
	if s.AccessToken != refusedToken.AccessToken {
		return tokenOf(a.fresh(ctx)) // it has been replaced
	}
	if a.config.Refresher == nil {
		return Token{}, &RefreshError{Err: errNoRefresher}
	}
	return tokenOf(a.refreshed(ctx, s, refused, nil))
}
