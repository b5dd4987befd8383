package auth

import (
	"context"
	"fmt"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/internal/record"
)

// pendingSave is a change that the store has not accepted yet.
//
// Sessions are told apart by their names, not by time: the clocks of two machines differ.
type pendingSave struct {
	record  *record.Record // to save; nil: to delete
	session string         // the session it is about
	reason  Reason         // of a deletion

	// A Logout is also about the session that was stored when it was called, whichever that was. If
	// that could not be read, the time when the Logout was called is compared with the time when
	// the stored session was obtained, but only if a single machine uses the store.
	logout bool
	stored string
	since  time.Time // zero: stored is known
}

// removes reports whether r is to be deleted.
func (p *pendingSave) removes(r *record.Record) bool {
	return p != nil && p.record == nil &&
		(r.Session == p.session || r.Session == p.stored || !p.since.IsZero() && !r.Obtained.After(p.since))
}

// value returns what to store in place of old. Lost reports that another process has ended or
// replaced the session that was to be saved.
//
// A token is saved only over an older one of the same login. Whatever else is stored was stored
// later, by a process that could reach the store: a newer token, another login, or nothing after a
// logout. Saving over it would bring back a session that has ended.
func (p *pendingSave) value(old []byte, stored *record.Record) (value []byte, lost bool, err error) {
	switch {
	case stored == nil || p.record != nil && stored.Session != p.session:
		return old, p.record != nil, nil
	case p.record != nil && stored.Generation < p.record.Generation:
		value, err = p.record.Encode()
		return value, false, err
	default:
		return old, false, nil
	}
}

const (
	firstSaveRetry = time.Second
	maxSaveRetry   = 30 * time.Second
)

// retrySave repeats a change that the store did not accept until it does, or a Login or Logout
// makes it pointless, or the interceptor is closed. A goroutine does it, rather than the next
// request: the program may send none for hours, and a session that is only in memory dies with the
// process.
func (a *Interceptor) retrySave(p *pendingSave) {
	a.workers.Start(func() {
		wait := firstSaveRetry
		timer := time.NewTimer(wait)
		defer timer.Stop()
		// Nothing is retried faster than once a second: an outage ends no sooner for being asked,
		// and a thousand programs that ask a database at once are its next outage.
		for closing := a.workers.Done(); ; {
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

// trySave makes the change, if it is still wanted. Nil means that there is nothing left to do.
func (a *Interceptor) trySave(ctx context.Context, p *pendingSave) error {
	if a.state.pendingSave() != p {
		return nil
	}
	stored, lost, err := a.savePending(ctx, p)
	if err != nil {
		return err
	}
	a.state.saved(p) // first: lose publishes an outcome, which may be a pending save of its own
	if lost {
		a.lose(p, stored)
	}
	return nil
}

// savePending makes the change under the locks. It returns what was stored before. Whether the
// change is still wanted is looked up again under the locks: a Login may have been waiting for
// them, too.
func (a *Interceptor) savePending(ctx context.Context, p *pendingSave) (stored *record.Record, lost bool, err error) {
	unlock, err := a.lockWrites(ctx)
	if err != nil {
		return nil, false, err
	}
	defer unlock()
	// The token of a refresh must not replace a value that cannot be read: a newer program may have
	// written it. A Logout deletes it as well: the user wants nothing left.
	update := a.persist.update
	if p.logout {
		update = a.persist.replace
	}
	err = update(ctx, func(_ context.Context, old []byte) (value []byte, err error) {
		if a.state.pendingSave() != p {
			return old, nil
		}
		if stored, err = a.persist.decode(old); err != nil {
			if !p.logout {
				return nil, err
			}
			return nil, nil
		}
		if stored = stored.Live(); stored != nil && p.removes(stored) {
			return a.persist.bury(stored, p.reason)
		}
		value, lost, err = p.value(old, stored)
		return value, err
	})
	return stored, lost, err
}

// lose deals with a session that another process has ended or replaced before it could be saved.
// What is stored wins, as in a refresh, so it goes the same way: facts, decide, apply.
func (a *Interceptor) lose(p *pendingSave, stored *record.Record) {
	s := a.state.current.Load()
	if !s.signedIn() || s.Session != p.session { // a Login or Logout here has settled it already
		return
	}
	o := decide(facts{session: s, read: true, stored: stored, policy: a.policyNow()})
	if o.step == ask {
		return
	}
	_, _, _ = a.apply(s, o)
	a.deliver()
	if stored == nil { // the Logout did not know this token
		lost := s.token()
		a.revokeUnused(&lost)
	}
}

func persistError(verb string, err error) error {
	return fmt.Errorf("%w: the store failed to %s it: %w", ErrPersist, verb, err)
}

// Close waits for a refresh under way and its save, and tries once more to store what the store has
// not taken; ctx bounds both. Afterwards no goroutine of the interceptor is left, requests are
// still signed with the token that is known, and nothing is refreshed. A second Close waits and
// tries again.
func (a *Interceptor) Close(ctx context.Context) error {
	// The workers first: a refresh that ends now may leave a pending save, and the goroutine that
	// retries one must not be in the middle of it.
	if err := a.workers.Close(ctx); err != nil {
		return fmt.Errorf("auth: Close: a refresh is still under way: %w", err)
	}
	p := a.state.pendingSave()
	if p == nil {
		return nil
	}
	err := a.trySave(ctx, p)
	switch {
	case err == nil:
		return nil
	case p.record == nil:
		return persistError("delete", err)
	default:
		return persistError("save", err)
	}
}
