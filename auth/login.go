package auth

import (
	"context"
	"errors"
	"time"
)

// Login begins a session with a token that the program got from the server, and stores it. It replaces the session there
// may be, after waiting for a refresh of it that is under way. An Expiry of zero is read from the access token
// if that is a JWT. On an error nothing has changed; [ErrPersist] says that the store did not take the session.
func (a *Interceptor) Login(ctx context.Context, t Token) error {
	if t.AccessToken == "" && t.RefreshToken == "" {
		return errors.New("auth: Login needs a token")
	}
	now := time.Now()
	if t.Expiry.IsZero() {
		t.Expiry = jwtExpiry(t.AccessToken, now)
	}
	r := newRecord(a.config.Account, t, now)
	data, err := r.encode()
	if err != nil {
		return err
	}
	err = a.config.Store.Update(ctx, a.config.Account, func(context.Context, []byte) ([]byte, error) {
		return data, nil
	})
	if err != nil {
		return persistError("save", err)
	}
	a.mu.Lock()
	a.epoch.changes++
	a.state.Store(newSession(r, a.epoch, a.config.ExpiryWindow))
	a.refreshing, a.debt, a.attempts = nil, nil, nil
	a.mu.Unlock()
	a.emit(Event{Kind: SignedIn, Expiry: t.Expiry})
	return nil
}

// Logout ends the session. From the moment it is called no request is signed any more; requests that wait for a
// refresh fail with [ErrLoginRequired]. Then the session is removed from the store, then Config.Revoke is called
// with what was removed. It works offline: a failed revocation is an event, not an error. [ErrPersist] says that the
// session is still stored, because the store failed or ctx ended while another process held its lock; it is
// removed as soon as that is possible. Logging out when nobody is signed in is no error.
func (a *Interceptor) Logout(ctx context.Context) error {
	a.mu.Lock()
	old := a.state.Load()
	a.epoch.changes++
	a.epoch.logouts++
	a.state.Store(signedOut(ReasonLogout, a.epoch))
	if a.refreshing != nil {
		a.refreshing.land(nil, &LoginRequiredError{Reason: ReasonLogout})
	}
	a.refreshing, a.debt, a.attempts = nil, nil, nil
	a.leaving++
	if old != nil && old.signedIn() {
		a.ended = old.Session
	}
	a.mu.Unlock()

	var last *record
	err := a.config.Store.Update(ctx, a.config.Account, func(_ context.Context, stored []byte) ([]byte, error) {
		last, _ = decodeRecord(stored, a.config.Account) // one that cannot be read goes as well
		return nil, nil                                  // deletes
	})
	a.mu.Lock()
	a.leaving--
	epoch := a.epoch
	if last != nil {
		a.ended = last.Session
	}
	a.mu.Unlock()
	wasIn := last != nil || old != nil && old.signedIn()
	if last == nil && old != nil {
		last = old.record
	}
	if err != nil {
		err = persistError("delete", err)
		if last != nil {
			a.owe(&debt{session: last.Session, epoch: epoch})
		}
	}
	event := Event{Kind: SignedOut, Reason: ReasonLogout}
	if last != nil {
		event.Err = a.revoke(ctx, last.Token)
	}
	if wasIn {
		a.emit(event)
	}
	return err
}

// revokeTimeout bounds the call of Config.Revoke.
const revokeTimeout = 10 * time.Second

// revoke tells the server that nobody will use t again.
func (a *Interceptor) revoke(ctx context.Context, t Token) (err error) {
	if a.config.Revoke == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, revokeTimeout)
	defer cancel()
	defer func() { err = recovered("Revoke", recover(), err) }()
	return a.config.Revoke(ctx, t)
}
