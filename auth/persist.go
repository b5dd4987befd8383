package auth

import (
	"context"
	"time"
)

// debt is what the store has to be told yet.
type debt struct {
	record  *record // to save; nil: to delete
	session string  // the session to delete
	epoch   epoch
}

const (
	firstPersistRetry = time.Second
	maxPersistRetry   = 30 * time.Second
)

// owe begins to repeat a change that the store did not take, until it does, Login or Logout makes it pointless, or the
// interceptor is closed.
func (a *Interceptor) owe(d *debt) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.epoch != d.epoch {
		return
	}
	a.debt = d
	a.spawn(func() { a.pay(d) })
}

func (a *Interceptor) pay(d *debt) {
	timer := time.NewTimer(firstPersistRetry)
	defer timer.Stop()
	for wait := firstPersistRetry; ; {
		select {
		case <-timer.C:
		case <-a.closing:
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), a.config.RefreshTimeout)
		done := a.tryToPay(ctx, d) == nil
		cancel()
		if done {
			return
		}
		wait = min(2*wait, maxPersistRetry)
		timer.Reset(wait)
	}
}

// tryToPay makes the change, if it is still wanted.
func (a *Interceptor) tryToPay(ctx context.Context, d *debt) (err error) {
	defer func() { err = recovered("Store", recover(), err) }()
	if !a.owes(d) {
		return nil
	}
	var gone bool
	err = a.config.Store.Update(ctx, a.config.Account, func(_ context.Context, old []byte) ([]byte, error) {
		stored, err := decodeRecord(old, a.config.Account)
		if err != nil || !a.owes(d) {
			return old, err
		}
		change, lost := d.against(stored)
		gone = lost
		if !change {
			return old, nil
		}
		if d.record == nil {
			return nil, nil // deletes
		}
		return d.record.encode()
	})
	if err != nil {
		return err
	}
	a.mu.Lock()
	if a.debt == d {
		a.debt = nil
	}
	s := a.state.Load()
	if !gone && d.record != nil && s.signedIn() && s.record == d.record {
		saved := *s
		saved.unsaved = false
		a.state.Store(&saved)
	}
	a.mu.Unlock()
	if gone {
		a.lose(d)
	}
	return nil
}

// against tells whether the change is still to be made to what is stored, or whether another process has ended or replaced
// the session.
func (d *debt) against(stored *record) (change, lost bool) {
	switch {
	case d.record == nil:
		return stored != nil && stored.Session == d.session, false
	case stored == nil || stored.Session != d.record.Session:
		return false, true
	default:
		return stored.Generation < d.record.Generation, false
	}
}

// lose signs out because the store has no such session any more.
func (a *Interceptor) lose(d *debt) {
	s := a.state.Load()
	if s.signedIn() && s.Session == d.record.Session && a.publish(s, signedOut(ReasonLogout, s.epoch)) {
		a.emit(Event{Kind: SignedOut, Reason: ReasonLogout, Err: a.revoke(context.Background(), s.Token)})
	}
}

func (a *Interceptor) owes(d *debt) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.debt == d
}

// settled forgets an older debt, now that the store has r.
func (a *Interceptor) settled(r *record) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.debt != nil && (a.debt.record == nil || a.debt.record.Session == r.Session) {
		a.debt = nil
	}
}

// Close waits for a refresh under way and its save, and tries once more to store what the store has not taken; ctx
// bounds both. Afterwards no goroutine of the interceptor is left, requests are still signed with what is known, and nothing
// is refreshed. A second Close only waits.
func (a *Interceptor) Close(ctx context.Context) error {
	a.mu.Lock()
	if !a.closed {
		a.closed = true
		close(a.closing)
	}
	if a.active > 0 && a.idle == nil {
		a.idle = make(chan struct{})
	}
	idle := a.idle
	a.mu.Unlock()
	if idle != nil {
		select {
		case <-idle:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	a.mu.Lock()
	d := a.debt
	a.mu.Unlock()
	if d == nil {
		return nil
	}
	if err := a.tryToPay(ctx, d); err != nil {
		return persistError("save", err)
	}
	return nil
}
