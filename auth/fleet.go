package auth

import (
	"context"
	"errors"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/internal/record"
)

// What stores that are shared by machines say beyond the contract of Store. It is found by shape,
// so that this package need not import them; see package storage/lease.
//
// Between machines nothing is certain that is certain on one: a process can lose its lock while it
// runs, a database can be restored from a backup or emptied, and whoever held the lock before may
// be frozen and wake up later. None of these is a logout.

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

// interrupted reports whether the previous holder of the lock has vanished, so that it may have
// spent the refresh token. Ctx is the context that the store gives to the function that it calls.
// The key is an anonymous struct, because both sides can name that without an import.
func interrupted(ctx context.Context) bool {
	was, _ := ctx.Value(struct{ HolderInterrupted struct{} }{}).(bool)
	return was
}

// updateUnless is update, except that it does without the lock, if the store can, once settled
// reports of what another process has stored that nothing is left to do. Settled gets nil for
// nothing, and for what cannot be read.
func (p *persistence) updateUnless(ctx context.Context, settled func(*record.Record) bool, fn change) error {
	u, ok := p.store.(interface {
		UpdateUnless(
			ctx context.Context, key string, settled func(value []byte) bool,
			fn func(ctx context.Context, old []byte) ([]byte, error),
		) error
	})
	if !ok {
		return p.update(ctx, fn)
	}
	return p.updateBy(ctx, func(ctx context.Context, key string, fn func(context.Context, []byte) ([]byte, error)) error {
		return u.UpdateUnless(ctx, key, func(value []byte) bool {
			r, _ := p.decode(value)
			return settled(r)
		}, fn)
	}, fn)
}

// keepsTombstones reports whether the store wants to keep why a session ended, for the other
// machines. A keyring, which is left empty, does not.
func keepsTombstones(s Store) bool {
	t, ok := s.(interface{ Tombstones() bool })
	return ok && t.Tombstones()
}

// noteLoss reports, once, that the store has lost its data. The session in memory goes on, and
// storing it again ends the loss.
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

// tombstoneWord returns how a tombstone says why a session ended; "" for reasons that no other
// machine needs to know. The words are part of the stored format.
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
func (p *persistence) bury(r *record.Record, why Reason) ([]byte, error) {
	if r == nil || !keepsTombstones(p.store) {
		return nil, nil
	}
	stone := r.Tombstone(tombstoneWord(why))
	stone.EndedAt = record.NormalizeTime(time.Now()) // for CleanAccounts alone; no decision compares it
	return stone.Encode()
}

// endOf returns why the session named by a tombstone ended, as seen from another process. A
// tombstone of another session says nothing about ours but that it was replaced and ended later; a
// nil one, nothing.
func endOf(tombstone *record.Record, session string) Reason {
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
