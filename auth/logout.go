package auth

import (
	"context"
	"time"
)

const (
	// revokeTimeout bounds the call of Config.Revoke.
	revokeTimeout = 10 * time.Second
	// logoutGrace is how long a Logout waits for a refresh under way, whose token it could have revoked.
	logoutGrace = 5 * time.Second
)

// Logout ends the session. From the moment it is called no request is signed any more; requests that wait for a
// refresh fail with [ErrLoginRequired]. Then the session is removed from the store, then Config.Revoke is called
// with what was removed. It works offline: a failed revocation is an event, not an error, and a refresh that hangs holds
// it up for five seconds. [ErrPersist] says that the session is still stored, because the store failed or ctx
// ended while another process held its lock; it is not used again, and removed as soon as that is possible. Logging
// out when nobody is signed in is no error.
func (a *Interceptor) Logout(ctx context.Context) error {
	old, d := a.leave()
	last, err := a.erase(ctx, d)
	if old != nil && old.signedIn() && (last == nil || last.Session == old.Session && last.Generation < old.Generation) {
		last = old.record // what the store did not know yet
	}
	if err != nil {
		err = persistError("delete", err)
	}
	var revocation error
	if last != nil {
		revocation = a.revoke(ctx, last.Token)
	}
	a.noteLogout(last, revocation, err)
	a.tell()
	return err
}

func (a *Interceptor) noteLogout(removed *record, revocation, persist error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if removed != nil {
		a.note(Event{Kind: SignedOut, Reason: ReasonLogout, Err: revocation})
	}
	if persist != nil {
		a.note(Event{Kind: PersistFailed, Err: persist})
	}
}

// leave forgets the session, which it returns, and what is to be removed from the store.
func (a *Interceptor) leave() (*session, *debt) {
	a.mu.Lock()
	defer a.mu.Unlock()
	old := a.state.Load()
	d := &debt{since: storable(time.Now()), session: old.last()}
	if f := a.refreshing.Load(); f != nil {
		f.land(nil, &LoginRequiredError{Reason: ReasonLogout})
		time.AfterFunc(logoutGrace, f.abort)
	}
	a.begin()
	a.epoch.ends++
	a.state.Store(signedOut(ReasonLogout, a.epoch, d.session))
	d.epoch = a.epoch
	a.leaving++
	return old, d
}

// erase removes what is stored, and returns it. If that fails the store owes it.
func (a *Interceptor) erase(ctx context.Context, d *debt) (last *record, err error) {
	defer func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.leaving--
		a.loading = nil // what it may have read already is gone
		if err != nil && a.epoch == d.epoch {
			a.owe(d)
		}
	}()
	next, err := a.takeTurn(ctx)
	if err != nil {
		return nil, err
	}
	defer next()
	err = a.update(ctx, func(_ context.Context, stored []byte) ([]byte, error) {
		r, _ := decodeRecord(stored, a.config.Account) // one that cannot be read goes as well
		if s := a.state.Load(); r != nil && s.signedIn() && s.Session == r.Session {
			return stored, nil // of a Login that came after this Logout
		}
		if last = r; r != nil {
			d.session = r.Session
		}
		return nil, nil // deletes
	})
	return last, err
}

// revoke tells the server that nobody will use t again.
func (a *Interceptor) revoke(ctx context.Context, t Token) (err error) {
	if a.config.Revoke == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, revokeTimeout)
	defer cancel()
	defer func() { err = scrub(recovered("Revoke", recover(), err), t) }()
	return a.config.Revoke(ctx, t)
}
