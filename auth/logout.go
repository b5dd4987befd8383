package auth

import (
	"context"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/internal/record"
)

const (
	// revokeTimeout bounds the call of Config.Revoke.
	revokeTimeout = 10 * time.Second
	// logoutGrace is how long a Logout waits for a refresh under way, whose token it could have
	// revoked.
	logoutGrace = 5 * time.Second
)

// Logout ends the session. Once it is called, no more requests are signed, and requests waiting for
// a refresh fail with [ErrLoginRequired]. Logout then removes the session from the store and calls
// Config.Revoke with the removed token. It works offline: a failed revocation is an event, not an
// error, and a hanging refresh delays it by at most five seconds. [ErrPersist] says that the
// session is still stored, because the store failed or ctx ended while another process held its
// lock; it is not used again, and is removed as soon as possible. If machines share the store, and
// Logout could not read it and did not know the session, call Logout again instead: the clocks of
// two machines do not tell which of two sessions is the older one. It is not an error if no user is
// signed in.
func (a *Interceptor) Logout(ctx context.Context) error {
	// Memory first: from here on no request is signed, whatever the store does.
	old, out, refresh := a.state.beginLogout()
	if refresh != nil { // wake its callers at once; if a token still arrives, it is revoked
		refresh.finish(nil, &LoginRequiredError{Reason: ReasonLogout})
		time.AfterFunc(logoutGrace, refresh.abort)
	}
	last, err := a.deleteStored(ctx, out)
	// What is to be revoked is the newest token: that of the store, unless its save is still
	// pending.
	if unsaved := old != nil && old.signedIn() && (last == nil ||
		last.Session == old.Session && last.Generation < old.Generation); unsaved {
		last = old.Record
	}
	var events []Event
	if last != nil {
		events = append(events, Event{Kind: SignedOut, Reason: ReasonLogout, Err: a.revoke(ctx, Token(last.Token))})
	}
	if err != nil {
		err = persistError("delete", err)
		events = append(events, Event{Kind: PersistFailed, Err: err})
	}
	a.journal.enqueue(events...)
	a.deliver()
	return err
}

// deleteStored removes what is stored, and returns it. If that fails, it is repeated later. Out is
// the session after the logout.
func (a *Interceptor) deleteStored(ctx context.Context, out *session) (last *record.Record, err error) {
	p := &pendingSave{session: out.ended, reason: ReasonLogout, logout: true}
	// Deferred before the write lock is taken, so that the retry begins when that is free again.
	defer func() {
		if err == nil {
			a.state.endLogout(out, nil)
		} else if a.state.endLogout(out, p) {
			a.retrySave(p)
		}
	}()
	called := record.NormalizeTime(time.Now())
	// What is stored now is to go, even if the lock is not to be had and another process logs in
	// later.
	if r, err := a.persist.read(ctx); r.Live() != nil {
		p.stored = r.Session
	} else if err != nil && !keepsTombstones(a.persist.store) {
		p.since = called // by the clock of this machine, the only one that uses the store
	}
	unlock, err := a.lockWrites(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	err = a.persist.replace(ctx, func(_ context.Context, stored []byte) ([]byte, error) {
		r, readable := a.persist.decodable(stored)
		switch {
		case !readable:
			return nil, nil
		case r.Live() == nil:
			return stored, nil
		case a.state.current.Load().is(&session{Record: r}):
			return stored, nil // of a Login that came after this Logout
		}
		last, p.stored, p.since = r, r.Session, time.Time{}
		return a.persist.bury(r, ReasonLogout)
	})
	// A store that cannot decrypt a value cannot give it to a function either. It is deleted
	// unseen, but only while nobody is signed in: it might be that of a Login that came after this
	// Logout.
	if isUnreadable(err) && ctx.Err() == nil && !a.state.current.Load().signedIn() && a.persist.remove(ctx) {
		err = nil
	}
	return last, err
}

// revoke tells the server that nobody will use t again.
func (a *Interceptor) revoke(ctx context.Context, t Token) (err error) {
	if a.config.Revoke == nil {
		return nil
	}
	// With a limit of its own: a server that hangs must not keep a user from signing out.
	ctx, cancel := context.WithTimeout(a.withEnvironment(ctx, t.ProofKey), revokeTimeout)
	defer cancel()
	defer func() { err = redactError(recovered("Revoke", recover(), err), t) }()
	return a.config.Revoke(ctx, t)
}
