package auth

import (
	"context"
	"time"
)

// Login begins a session with a token that the program got from the server, and stores it. It replaces the session there
// may be, after waiting for a refresh of it that is under way; call Logout first if that may be another user's. An
// Expiry of zero is read from the access token if that is a JWT. On an error nothing has changed; [ErrPersist] says
// that the store did not take the session.
func (a *Interceptor) Login(ctx context.Context, t Token) error {
	if err := t.check(a.config.SetCredential == nil); err != nil {
		return err
	}
	now := time.Now()
	if t.Expiry.IsZero() {
		t.Expiry = jwtExpiry(t.AccessToken, now, time.Time{})
	}
	r := newRecord(a.config.Account, t, now)
	if err := a.enter(ctx, r); err != nil {
		return persistError("save", err)
	}
	a.tell()
	return nil
}

// enter stores the session, then makes it known.
func (a *Interceptor) enter(ctx context.Context, r *record) error {
	leave, err := a.takeTurn(ctx)
	if err != nil {
		return err
	}
	defer leave()
	a.entersAs(r.Session)
	err = a.update(ctx, func(context.Context, []byte) ([]byte, error) {
		r.Obtained = storable(time.Now()) // a Logout that gave up while this one waited was not about it
		return r.encode()
	})
	if err != nil {
		a.entersAs("")
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.begin()
	a.state.Store(newSession(r, a.epoch, a.config.ExpiryWindow))
	a.entering = ""
	a.note(Event{Kind: SignedIn, Expiry: r.Expiry})
	return nil
}

func (a *Interceptor) entersAs(session string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.entering = session
}
