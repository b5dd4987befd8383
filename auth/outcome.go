package auth

import (
	"time"

	"github.com/chatelaine-go/chatelaine/auth/internal/record"
)

// facts is what is known about one refresh. collect fills it in, in the order of the fields, and
// asks decide what it means: after it has read the store, with and without the lock, and after the
// Refresher has returned. run asks once more at the end.
type facts struct {
	session *session // what is being refreshed

	read       bool           // stored was read; with the lock held, except by suffices and decideRead
	stored     *record.Record // what the store holds; nil: nothing
	superseded bool           // a Login or a Logout of this process came in between

	interrupted bool // the previous holder of the lock has vanished, and may have spent the token

	asked  bool  // the Refresher was called
	minted bool  // the refresh token was dead, and the token is a Minter's
	token  Token // the new token, of the Refresher or the Minter
	err    error // why a step failed: reading the record, the refresh window, the Refresher

	storeErr error     // what Store.Update returned: no lock, no save, or err itself
	lost     bool      // the lock was lost; stored is what was read afterwards
	at       time.Time // when the last step ended

	policy policy
}

// step is what to do about the store, while its lock is held.
type step uint8

const (
	keep   step = iota // write nothing
	ask                // nothing is decided yet: call the Refresher
	save               // write outcome.write
	remove             // delete the record
)

// outcome is what facts mean for the store, for the session, and for the callers that wait for the
// refresh. At most one of next, ended and failure is set. None is if the Refresher is yet to be
// called, if a Login or Logout made the refresh pointless, or if a read found nothing new.
type outcome struct {
	step  step
	write *record.Record // what to save

	next    *record.Record      // the session continues with this record
	loaded  bool                // next was in the store already, saved by another process
	ended   *LoginRequiredError // the session is over
	failure *failure            // the session is kept, and the refresh failed

	pending   *pendingSave // a change that the store has not accepted
	unhelpful bool         // the refresh counts in the refresh window
	events    []Event
	revoke    *Token // a token that will not be used
}

// ifSaved returns the outcome if the store saves what it is given. It decides what to store: while
// Store.Update runs, storeErr is still the error of a store that never returned.
func (f facts) ifSaved() outcome {
	f.storeErr = nil
	return decide(f)
}

// hasNewToken reports whether the server issued a new token.
func (o outcome) hasNewToken() bool { return o.next != nil && !o.loaded }

// reason returns why the record is removed: the session ended, or a Logout made the refresh
// pointless.
func (o outcome) reason() Reason {
	if o.ended == nil {
		return ReasonLogout
	}
	return o.ended.Reason
}

// successor returns the session that follows s, or nil if nothing has changed.
func (o outcome) successor(s *session, p policy) *session {
	switch {
	case o.next != nil:
		n := newSession(o.next, s.user, p)
		n.loaded = o.loaded
		return n
	case o.ended != nil:
		return signedOut(o.ended.Reason, s)
	case o.failure != nil:
		return s.withFailure(o.failure)
	default:
		return nil
	}
}

// err returns what the callers get in place of a session, or nil.
func (o outcome) err() error {
	switch {
	case o.ended != nil:
		return o.ended
	case o.failure != nil:
		return o.failure.err
	default:
		return nil
	}
}
