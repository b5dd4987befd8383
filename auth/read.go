package auth

import (
	"context"

	"github.com/chatelaine-go/chatelaine/auth/internal/record"
)

// current returns what is known of the session, after reading the store if nothing is. From then on
// the session in memory counts: a request does not read the store to find out whether its token is
// still the newest. The server's 401 says so, and costs no request that succeeds.
func (a *Interceptor) current(ctx context.Context) (*session, error) {
	if s := a.state.current.Load(); s != nil {
		return s, nil
	}
	return a.read(ctx, nil)
}

// Reload reads the store and makes known what another process has changed there: a newer token, a
// logout, a login of the same user. Long-running programs may call it now and then; requests do so
// by themselves when a token is refused or no user is signed in. It never refreshes. A session that
// another process has ended is reported by an event, not as an error; an error is the store's, or
// that of ctx, or [ErrClosed].
func (a *Interceptor) Reload(ctx context.Context) error {
	_, err := a.reload(ctx)
	return err
}

// reload reads the store, and returns what is known then.
func (a *Interceptor) reload(ctx context.Context) (*session, error) {
	s := a.state.current.Load()
	if a.isInside(ctx) {
		return s, nil // the refresh has read it, and the store may not be able to while it is locked
	}
	return a.read(ctx, s)
}

// reloadIfSignedOut is current for callers that ask about the session itself: if nobody is signed
// in, another process may have changed that.
func (a *Interceptor) reloadIfSignedOut(ctx context.Context) (*session, error) {
	if s, err := a.current(ctx); err != nil || s.signedIn() {
		return s, err
	}
	return a.tryReload(ctx)
}

// tryReload is reload for callers that can do with what was known before, if the store cannot be
// read: a locked keyring does not fail a request that needs no token.
func (a *Interceptor) tryReload(ctx context.Context) (*session, error) {
	s, err := a.reload(ctx)
	if known := a.state.current.Load(); err != nil && known != nil && ctx.Err() == nil {
		return known, nil
	}
	return s, err
}

// read reads the store once for all callers that wait, unless more than old is known already.
func (a *Interceptor) read(ctx context.Context, old *session) (*session, error) {
	s, c := a.state.joinRead(old, a.startRead)
	switch {
	case c != nil:
		return c.wait(ctx)
	case s == nil: // closed, before anything was read
		return nil, ErrClosed
	default:
		return s, nil
	}
}

// startRead begins a read on a goroutine of its own; nil if the interceptor is closed. The state is
// locked, so nothing may be waited for here. The read belongs to all who wait for it: none of their
// contexts ends it.
func (a *Interceptor) startRead() *call {
	c := newCall()
	if !a.workers.Start(func() { a.runRead(c) }) {
		return nil
	}
	return c
}

// runRead reads the store. It finishes the call whatever the store does, [runtime.Goexit] included.
// As after a refresh, the events come before the waiters: a caller that learns of an end finds that
// OnEvent has seen it.
func (a *Interceptor) runRead(c *call) {
	ctx, cancel := context.WithTimeout(context.Background(), a.config.RefreshTimeout)
	defer cancel()
	var r *record.Record
	err := errVanished
	defer func() {
		s, err := a.state.finishRead(c, r, err, a.policyNow())
		defer c.finish(s, err)
		a.deliver()
	}()
	r, err = a.persist.read(ctx)
}

// decideRead says what a read of the store without its lock means for what is known. Like decide,
// it is a pure function. The zero outcome leaves everything unchanged.
//
// A session that ended is not followed by another user's, in whatever order this process learns of
// a logout and of a login elsewhere. Only a Logout of this process makes room for any user.
func decideRead(known *session, stored *record.Record, p policy) outcome {
	switch {
	case known.signedIn():
		if o := decide(facts{session: known, read: true, stored: stored, policy: p}); o.failure == nil && o.step != ask {
			return o
		}
		return outcome{} // nothing new, or the wish of the token endpoint to be left alone
	case stored.Live() == nil:
		// A tombstone tells a program that has just started why it must log in. One that knew the
		// session has its own reason, which is closer to what the user did.
		if stored != nil && known.reason == ReasonNeverSignedIn {
			return outcome{ended: &LoginRequiredError{Reason: endOf(stored, "")}}
		}
		return outcome{}
	case known.reason == ReasonLogout:
		return outcome{next: stored, loaded: true}
	}
	whose := subjectOf(stored.AccessToken)
	certain := known.whose != "" && whose != ""
	switch {
	case certain && whose != known.whose:
		return outcome{ended: &LoginRequiredError{Reason: ReasonReplaced}}
	case certain, p.accountIsUser, known.reason != ReasonReplaced:
		return outcome{next: stored, loaded: true}
	default: // another login replaced the session, and nothing says that it is of the same user
		return outcome{}
	}
}
