package auth

import (
	"cmp"
	"context"
	"errors"
	"time"
)

// What stores that are shared by machines say beyond the contract of Store. It is found by shape,
// so that this package need not import them; see package storage/lease.

// isLost reports whether err means that the lock was lost and another holder has changed the value.
func isLost(err error) bool {
	var e interface{ Lost() bool }
	return errors.As(err, &e) && e.Lost()
}

// isDataLost reports whether err means that the store has lost its data: nobody has logged out.
func isDataLost(err error) bool {
	var e interface{ DataLost() bool }
	return errors.As(err, &e) && e.DataLost()
}

// interrupted reports whether the holder of the lock before has vanished, so that it may have spent
// the refresh token. Ctx is the context that the store gives to the function that it calls.
func interrupted(ctx context.Context) bool {
	was, _ := ctx.Value(struct{ HolderInterrupted struct{} }{}).(bool)
	return was
}

// keepsTombstones reports whether the store wants to keep why a session ended, for the other
// machines. A keyring, which is left empty, does not.
func keepsTombstones(s Store) bool {
	t, ok := s.(interface{ Tombstones() bool })
	return ok && t.Tombstones()
}

// noteLoss reports, once, that the store has lost its data. Sessions in memory go on.
func (p *persistence) noteLoss(err error) {
	if isDataLost(err) && p.wiped.CompareAndSwap(false, true) {
		p.journal.enqueue(Event{Kind: StoreLost, Err: err})
	}
}

// policyNow is the policy, with what is known of the store.
func (a *Interceptor) policyNow() policy {
	p := a.policy
	p.wiped = a.persist.wiped.Load()
	return p
}

// tombstoneWord returns how a tombstone says why a session ended.
func tombstoneWord(why Reason) string {
	switch why {
	case ReasonLogout:
		return "logout"
	case ReasonInvalidGrant:
		return "invalid_grant"
	case ReasonNoRefreshToken:
		return "no_refresh_token"
	default:
		return ""
	}
}

// bury returns what to store in place of a session that has ended: nothing, or a tombstone without
// tokens.
func (p *persistence) bury(r *record, why Reason) ([]byte, error) {
	if r == nil || !keepsTombstones(p.store) {
		return nil, nil
	}
	return (&record{
		account: p.account, Session: r.Session, Generation: r.Generation, Obtained: r.Obtained, Origin: r.Origin,
		Ended: tombstoneWord(why),
	}).encode()
}

// live returns r, or nil if it is a tombstone.
func (r *record) live() *record {
	if r == nil || r.Ended != "" {
		return nil
	}
	return r
}

// endOf returns why the session named by a tombstone ended, as seen from another process. A
// tombstone of another session says nothing about ours but that it was replaced and ended later; a
// nil one, nothing.
func endOf(tombstone *record, session string) Reason {
	if tombstone == nil || session != "" && tombstone.Session != session {
		return ReasonEndedElsewhere
	}
	for _, why := range []Reason{ReasonInvalidGrant, ReasonNoRefreshToken} {
		if tombstoneWord(why) == tombstone.Ended {
			return why
		}
	}
	return ReasonEndedElsewhere
}

// afterLoss is a refresh that lost the lock while it ran: what another process has stored since
// wins. If it has stored nothing, the token of this one, if there is any, waits for the store.
func (f facts) afterLoss() outcome {
	var o outcome
	switch {
	case f.stored.live() == nil:
		o = over(endOf(f.stored, f.session.Session), nil)
	case f.stored.Session != f.session.Session:
		o = f.otherLogin()
	case f.newer():
		return outcome{next: f.stored, loaded: true}
	case f.asked && f.err == nil:
		return f.refreshed()
	default:
		return f.failed(cmp.Or(f.err, f.saveErr))
	}
	if f.asked && f.err == nil {
		o.revoke = &f.session.rotate(f.token, f.at).Token // nobody knows this one
	}
	return o
}

// suspectTime is how long a refused refresh token is kept if a process that has vanished may have
// spent it: that process may be asleep, and wake up with the new token.
const suspectTime = 30 * time.Second

var errSuspect = errors.New("the refresh token was refused after another process had vanished " +
	"in the middle of a refresh; waiting for that process")

// suspect keeps a session whose refresh token was refused, until the refusal is certain.
func (f facts) suspect() outcome {
	o := f.failed(&RefreshError{RetryAfter: suspectTime, Err: errSuspect})
	o.write.Suspect = true
	return o
}
