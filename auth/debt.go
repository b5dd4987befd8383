package auth

import (
	"context"
	"fmt"
	"time"
)

// debt is what the store has to be told yet.
type debt struct {
	record  *record   // to save; nil: to delete
	session string    // the session it is about
	since   time.Time // of a Logout, which is about everything that was stored then
	epoch   epoch
}

// covers tells whether r is to be deleted.
func (d *debt) covers(r *record) bool {
	return d != nil && d.record == nil &&
		(r.Session == d.session || !d.since.IsZero() && !r.Obtained.After(d.since))
}

const (
	firstPersistRetry = time.Second
	maxPersistRetry   = 30 * time.Second
)

// owe begins to repeat a change that the store did not take, until it does, Login or Logout makes it pointless, or the
// interceptor is closed. The mutex is held.
func (a *Interceptor) owe(d *debt) {
	d.epoch = a.epoch
	a.debt = d
	a.spawn(func() { a.pay(d) })
}

func (a *Interceptor) pay(d *debt) {
	wait := firstPersistRetry
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-a.closing:
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), a.config.RefreshTimeout)
		err := a.tryToPay(ctx, d)
		cancel()
		if err == nil {
			return
		}
		wait = min(2*wait, maxPersistRetry)
		timer.Reset(wait)
	}
}

// tryToPay makes the change, if it is still wanted.
func (a *Interceptor) tryToPay(ctx context.Context, d *debt) error {
	if !a.owes(d) {
		return nil
	}
	stored, lost, err := a.apply(ctx, d)
	if err != nil {
		return err
	}
	a.paid(d)
	if lost {
		a.lose(d, stored)
	}
	return nil
}

// apply makes the change and returns what was stored before, and whether that is another session, or none.
func (a *Interceptor) apply(ctx context.Context, d *debt) (stored *record, lost bool, err error) {
	leave, err := a.takeTurn(ctx)
	if err != nil {
		return nil, false, err
	}
	defer leave()
	err = a.update(ctx, func(_ context.Context, old []byte) ([]byte, error) {
		if !a.owes(d) {
			return old, nil
		}
		var err error
		if stored, err = decodeRecord(old, a.config.Account); err != nil {
			return d.unread(err)
		}
		lost = d.record != nil && (stored == nil || stored.Session != d.session)
		return d.change(old, stored, lost)
	})
	return stored, lost, err
}

// unread is what to store in the place of a record that cannot be read: nothing after a Logout, else the same.
func (d *debt) unread(err error) ([]byte, error) {
	if d.since.IsZero() {
		return nil, err
	}
	return nil, nil
}

// change is what to store in the place of old.
func (d *debt) change(old []byte, stored *record, lost bool) ([]byte, error) {
	switch {
	case stored == nil || lost:
		return old, nil
	case d.record == nil && d.covers(stored):
		return nil, nil
	case d.record != nil && stored.Generation < d.record.Generation:
		return d.record.encode()
	default:
		return old, nil
	}
}

func (a *Interceptor) owes(d *debt) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.debt == d
}

func (a *Interceptor) paid(d *debt) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.debt == d {
		a.debt, a.loading = nil, nil // what is being read may be gone
	}
}

// lose deals with a session that another process has ended or replaced before it could be saved.
func (a *Interceptor) lose(d *debt, stored *record) {
	s := a.state.Load()
	if s.epoch != d.epoch || !s.signedIn() {
		return
	}
	var o outcome
	if !o.compare(stored, s) {
		return
	}
	_, _ = a.settle(s, &o)
	a.tell()
	if o.gone { // who logged out did not know this token
		_ = a.revoke(context.Background(), s.Token)
	}
}

func persistError(verb string, err error) error {
	return fmt.Errorf("auth: %w: the store failed to %s it: %w", ErrPersist, verb, err)
}
