package auth

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/chatelaine-go/chatelaine/internal/origin"
)

// persistence is the interceptor's access to the store: one record, under the key of its account.
type persistence struct {
	store   Store
	account string
	origins origin.Set // a session that was made for another server is not used; the first is ours
	// writes is the write lock: a channel, so that waiting for it ends with a context. Login, Logout
	// and the retry of a pending save hold it while they change store and memory.
	writes chan struct{}
}

// read returns the stored record, nil if there is none.
func (p *persistence) read(ctx context.Context) (r *record, err error) {
	defer func() { err = recovered("Store", recover(), err) }()
	data, err := p.store.Load(ctx, p.account)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil //nolint:nilnil // absence is a result, not an error
	case err != nil:
		return nil, fmt.Errorf("auth: the stored session cannot be read: %w", err)
	}
	return p.decode(data)
}

// decode reads a stored record, nil if there is none. A record that was made for another server is
// refused: a changed BaseURL must not send its tokens there. One that does not name its server, as early
// versions wrote it, is ours, and names it when it is saved next.
func (p *persistence) decode(data []byte) (*record, error) {
	r, err := decodeRecord(data, p.account)
	if err != nil || r == nil {
		return nil, err
	}
	if r.Origin == "" {
		r.Origin = p.origins[0].String()
		return r, nil
	}
	for _, o := range p.origins {
		if o.String() == r.Origin {
			return r, nil
		}
	}
	return nil, fmt.Errorf("auth: %w (account %q): it was made for %q, and this configuration allows only %s; "+
		"use an account of its own for each server, allow both origins if they are one service, or log in again to replace it",
		ErrSessionUnreadable, p.account, r.Origin, p.origins)
}

// update is Store.Update, with panics turned into errors, and errors that do not quote what is stored.
func (p *persistence) update(
	ctx context.Context, fn func(ctx context.Context, old []byte) ([]byte, error),
) (err error) {
	var before, after []byte
	defer func() { err = p.redactError(recovered("Store", recover(), err), before, after) }()
	return p.store.Update(ctx, p.account, func(ctx context.Context, old []byte) (value []byte, err error) {
		before = old
		after, err = fn(ctx, old)
		return after, err
	})
}

// redactError returns err without the tokens of the records.
func (p *persistence) redactError(err error, records ...[]byte) error {
	if err == nil {
		return nil
	}
	var secrets []Token
	for _, data := range records {
		if r, _ := decodeRecord(data, p.account); r != nil {
			secrets = append(secrets, r.Token)
		}
	}
	return redactError(err, secrets...)
}

// lockWrites takes the write lock.
func (a *Interceptor) lockWrites(ctx context.Context) (unlock func(), err error) {
	if a.isInside(ctx) {
		return nil, errInside
	}
	select {
	case a.persist.writes <- struct{}{}:
		return func() { <-a.persist.writes }, nil
	case <-ctx.Done():
		return nil, whyDone(ctx)
	}
}

// errInside is a call that would wait for the very refresh it is made from.
var errInside = errors.New("auth: the Refresher must not call the session it refreshes")

// pendingSave is a change that the store has not accepted yet.
type pendingSave struct {
	record  *record   // to save; nil: to delete
	session string    // the session it is about
	since   time.Time // of a Logout, which is about everything that was stored then
}

// removes reports whether r is to be deleted.
func (p *pendingSave) removes(r *record) bool {
	return p != nil && p.record == nil &&
		(r.Session == p.session || !p.since.IsZero() && !r.Obtained.After(p.since))
}

// value returns what to store in place of old. Lost reports that another process has ended or replaced
// the session that was to be saved.
func (p *pendingSave) value(old []byte, stored *record) (value []byte, lost bool, err error) {
	switch {
	case stored == nil || p.record != nil && stored.Session != p.session:
		return old, p.record != nil, nil
	case p.removes(stored):
		return nil, false, nil
	case p.record != nil && stored.Generation < p.record.Generation:
		value, err = p.record.encode()
		return value, false, err
	default:
		return old, false, nil
	}
}

const (
	firstSaveRetry = time.Second
	maxSaveRetry   = 30 * time.Second
)

// retrySave repeats a change that the store did not accept until it does, or a Login or Logout makes it
// pointless, or the interceptor is closed.
func (a *Interceptor) retrySave(p *pendingSave) {
	a.workers.start(func() {
		wait := firstSaveRetry
		timer := time.NewTimer(wait)
		defer timer.Stop()
		for closing := a.workers.done(); ; {
			select {
			case <-timer.C:
			case <-closing: // Close tries once more
				return
			}
			ctx, cancel := context.WithTimeout(context.Background(), a.config.RefreshTimeout)
			err := a.trySave(ctx, p)
			cancel()
			if err == nil {
				return
			}
			wait = min(2*wait, maxSaveRetry)
			timer.Reset(wait)
		}
	})
}

// trySave makes the change, if it is still wanted.
func (a *Interceptor) trySave(ctx context.Context, p *pendingSave) error {
	if a.state.pendingSave() != p {
		return nil
	}
	stored, lost, err := a.savePending(ctx, p)
	if err != nil {
		return err
	}
	a.state.saved(p)
	if lost {
		a.lose(p, stored)
	}
	return nil
}

// savePending makes the change under the locks. It returns what was stored before.
func (a *Interceptor) savePending(ctx context.Context, p *pendingSave) (stored *record, lost bool, err error) {
	unlock, err := a.lockWrites(ctx)
	if err != nil {
		return nil, false, err
	}
	defer unlock()
	err = a.persist.update(ctx, func(_ context.Context, old []byte) (value []byte, err error) {
		if a.state.pendingSave() != p {
			return old, nil
		}
		if stored, err = a.persist.decode(old); err != nil {
			if p.since.IsZero() {
				return nil, err
			}
			return nil, nil // after a Logout a record that cannot be read is deleted as well
		}
		value, lost, err = p.value(old, stored)
		return value, err
	})
	return stored, lost, err
}

// lose deals with a session that another process has ended or replaced before it could be saved.
func (a *Interceptor) lose(p *pendingSave, stored *record) {
	s := a.state.current.Load()
	if !s.signedIn() || s.Session != p.session {
		return
	}
	o := decide(facts{session: s, read: true, stored: stored, policy: a.policy})
	if o.step == ask {
		return
	}
	_, _, _ = a.apply(s, o)
	a.deliver()
	if stored == nil { // the Logout did not know this token
		a.revokeUnused(&s.Token)
	}
}

func persistError(verb string, err error) error {
	return fmt.Errorf("auth: %w: the store failed to %s it: %w", ErrPersist, verb, err)
}
