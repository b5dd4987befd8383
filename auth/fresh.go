package auth

import (
	"context"
	"errors"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/internal/refusals"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

// ensureFresh returns a session to sign with now. If the session has expired, it is renewed, and
// ensureFresh waits for that until ctx ends.
//
// It runs for every request. In the common case, when the token is neither expired nor about to
// expire, it takes a few atomic loads and at most one reading of the monotonic clock.
func (a *Interceptor) ensureFresh(ctx context.Context) (*session, error) {
	s, err := a.current(ctx)
	if err == nil && !s.signedIn() && a.minter() != nil {
		return a.mintOnce(ctx, s)
	}
	if err != nil || !s.signedIn() || s.refreshAt.IsZero() {
		return s, err
	}
	if s.marks.fresh.holds(a.born) {
		return s, nil
	}
	now := time.Now()
	if !s.due(now) {
		s.marks.fresh.extend(now.Sub(a.born), s.refreshAt.Sub(now))
		return s, nil
	}
	if !a.canRefresh(s.token()) { // the server decides how long it accepts the token
		return s, nil
	}
	if s.expired(now) { // sending it would cost a 401, and a body that cannot be sent twice
		return a.refreshOrMint(ctx, s, expired, nil)
	}
	// A program that may end at any moment, such as a short command, must not spend a refresh token
	// in the background. One that has run for its ExpiryWindow is expected to keep running. If the
	// window of this token is shorter, that is long enough; but it has to be the default window at
	// least, since the short lifetime of a token says nothing about the program.
	if now.Sub(a.born) >= min(a.config.ExpiryWindow, max(s.window, defaultExpiryWindow)) {
		a.refreshAhead(s)
		return s, nil
	}
	if a.usesAccessToken() { // an expired token can no longer renew itself
		if n, err := a.refreshOnce(ctx, s, early, nil); err == nil || !errors.Is(err, ErrRefreshFailed) {
			return n, err
		}
	}
	return s, nil
}

// refreshOrMint is refreshOnce, but if the session has ended elsewhere and there is a Minter, it
// mints a new session, since no user has to log in then. If the refresh token is dead, ask has
// called the Minter already, under the same lock, and it is not called again.
func (a *Interceptor) refreshOrMint(
	ctx context.Context, s *session, t trigger, before func(),
) (*session, error) {
	next, err := a.refreshOnce(ctx, s, t, before)
	if a.minter() == nil || !errors.Is(err, ErrLoginRequired) || errors.Is(err, ErrInvalidGrant) {
		return next, err
	}
	out := a.state.current.Load()
	if out.signedIn() {
		return out.replacing(s)
	}
	return a.mintOnce(ctx, out)
}

// requireSession returns the session, or the error that a login is required. It reads the store
// first: another process may have logged in.
func (a *Interceptor) requireSession(ctx context.Context) (*session, error) {
	s, err := a.tryReload(ctx)
	if err == nil && !s.signedIn() {
		err = &LoginRequiredError{Reason: s.reason}
	}
	return s, err
}

// renew replaces the token of s, which the server refused, and reports whether to send the request
// again. A call is sent again once. A retry with a token that another process has stored does not
// count, since that token may have expired, too. Before a wait, renew calls release: the refresh
// may need the connection of the refused response.
func (a *Interceptor) renew(req *interceptor.Request, s *session, release func()) (again bool, err error) {
	if s.signedIn() {
		if a.hasRetried(req) {
			a.refusals.Add(req.Request, s.Name(), time.Now()) // even a fresh token is refused there
			return false, nil
		}
		switch a.refusals.About(req.Request, s.Name(), s.marks.accepted.Load(), time.Now()) {
		case refusals.Hopeless:
			// If the token has expired or been replaced, that explains the refusal, not the path.
			if !s.expired(time.Now()) && !a.state.current.Load().differsFrom(s) {
				return false, nil
			}
		case refusals.OnTrial:
			a.markRetried(req)
			return true, nil
		case refusals.Unknown:
		}
	}
	next, err := a.findReplacement(req.Context(), s, release)
	if err != nil || !next.signedIn() || next == s {
		return false, err
	}
	// A token from the store proves nothing: it may have expired while this process was not
	// looking. If the server refuses it as well, it is refreshed, and that marks the call.
	if !next.loaded {
		a.markRetried(req)
		a.refusals.Try(req.Request, next.Name(), time.Now())
	}
	return true, nil
}

// findReplacement returns the session to use in place of s, whose token the server refused. It
// returns s itself if there is none.
func (a *Interceptor) findReplacement(ctx context.Context, s *session, release func()) (*session, error) {
	switch latest := a.state.current.Load(); {
	case !s.signedIn(): // another process may have logged in
		return a.requireSession(ctx)
	case a.config.Refresher != nil:
		return a.refreshOrMint(ctx, s, refused, release)
	case latest.differsFrom(s):
		return latest.replacing(s)
	default:
		return s, nil
	}
}
