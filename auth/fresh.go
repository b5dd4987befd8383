package auth

import (
	"context"
	"errors"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/internal/refusals"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

// fresh returns a session to sign with now. One that has expired is renewed; fresh waits for that
// until ctx ends.
//
// It runs for every request, so the common case, a token that is neither expired nor about to,
// takes two atomic loads and the monotonic clock.
func (a *Interceptor) fresh(ctx context.Context) (*session, error) {
	s, err := a.current(ctx)
	if err == nil && !s.signedIn() && a.minter() != nil {
		return a.minted(ctx, s)
	}
	if err != nil || !s.signedIn() || s.refreshAt.IsZero() {
		return s, err
	}
	if time.Since(a.born) < time.Duration(s.marks.freshFor.Load()) {
		return s, nil
	}
	now := time.Now()
	if !s.due(now) {
		// The wall clock, which counts time asleep, takes twice as long to read as the other one.
		// Once per second is enough, and at refreshAt.
		s.marks.freshFor.Store(int64(now.Sub(a.born) + min(s.refreshAt.Sub(now), time.Second)))
		return s, nil
	}
	if !a.canRefresh(s.token()) { // the server decides how long it serves
		return s, nil
	}
	if s.expired(now) { // sending it would cost a 401, and a body that cannot be sent twice
		return a.refreshedOrMinted(ctx, s, expired, nil)
	}
	// A program that may end at any moment, such as a short command, must not spend a refresh token
	// in the background. One that has lived for its ExpiryWindow will live on. The part of the window
	// that is used of a short-lived token says nothing about the program; half of a long life is too
	// much to ask.
	if now.Sub(a.born) >= min(a.config.ExpiryWindow, max(s.window, defaultExpiryWindow)) {
		a.refreshAhead(s)
		return s, nil
	}
	if a.usesAccessToken() { // once it has expired, it cannot renew itself any more
		if n, err := a.refreshed(ctx, s, early, nil); err == nil || !errors.Is(err, ErrRefreshFailed) {
			return n, err
		}
	}
	return s, nil
}

// refreshedOrMinted is refreshed, but mints a session if that one has ended elsewhere: with a
// Minter nobody has to log in. It does not if the refresh token is dead, since run has asked the
// Minter then, under the same lock.
func (a *Interceptor) refreshedOrMinted(
	ctx context.Context, s *session, t trigger, before func(),
) (*session, error) {
	next, err := a.refreshed(ctx, s, t, before)
	if a.minter() == nil || !errors.Is(err, ErrLoginRequired) || errors.Is(err, ErrInvalidGrant) {
		return next, err
	}
	out := a.state.current.Load()
	if out.signedIn() {
		return out.replacing(s)
	}
	return a.minted(ctx, out)
}

// required returns the session, or the error that a login is required. It reads the store first:
// another process may have logged in since.
func (a *Interceptor) required(ctx context.Context) (*session, error) {
	s, err := a.stored(ctx)
	if err == nil && !s.signedIn() {
		err = &LoginRequiredError{Reason: s.reason}
	}
	return s, err
}

// retried marks a call that has been sent again with a token that replaced the one that was
// refused.
type retried struct{ by *Interceptor }

// renewed gets the token that is to be used in place of that of s, which the server refused, and
// reports whether to send the request again. That happens once for each call; a token that another
// process stored, which may have expired as well, does not count. Release is called before a wait:
// the refresh may need the connection of the refused response.
func (a *Interceptor) renewed(req *interceptor.Request, s *session, release func()) (again bool, err error) {
	if s.signedIn() {
		if req.Extra(retried{a}) != nil {
			a.refusals.Add(req.Request, s.Name(), time.Now()) // a fresh token does not help there
			return false, nil
		}
		switch a.refusals.About(req.Request, s.Name(), s.marks.accepted.Load(), time.Now()) {
		case refusals.Hopeless:
			// A token that has expired or been replaced was refused for that, whatever the path.
			if !s.expired(time.Now()) && !a.state.current.Load().isNewerThan(s) {
				return false, nil
			}
		case refusals.OnTrial:
			req.SetExtra(retried{a}, true)
			return true, nil
		case refusals.Unknown:
		}
	}
	next, err := a.replacement(req.Context(), s, release)
	if err != nil || !next.signedIn() || next == s {
		return false, err
	}
	// A token from the store proves nothing: it may have expired while this process was not looking.
	// If it is refused as well, it is refreshed, which marks the call.
	if !next.loaded {
		req.SetExtra(retried{a}, true)
		a.refusals.Try(req.Request, next.Name(), time.Now())
	}
	return true, nil
}

// replacement returns the session to use in place of s, which the server refused; s itself if there
// is none.
func (a *Interceptor) replacement(ctx context.Context, s *session, release func()) (*session, error) {
	switch latest := a.state.current.Load(); {
	case !s.signedIn(): // another process may have logged in since
		return a.required(ctx)
	case a.config.Refresher != nil:
		return a.refreshedOrMinted(ctx, s, refused, release)
	case latest.isNewerThan(s):
		return latest.replacing(s)
	default:
		return s, nil
	}
}
