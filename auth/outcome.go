package auth

import (
	"time"

	"github.com/chatelaine-go/chatelaine/auth/internal/record"
)

// facts is what is known about one refresh. run collects them in the order of the fields, and asks
// decide what they mean: once the store was read, once the Refresher returned, and at the end.
type facts struct {
	session *session // what is being refreshed

	read       bool           // the store's lock was held and stored was read
	stored     *record.Record // what the store holds; nil: nothing
	superseded bool           // a Login or a Logout of this process came in between

	interrupted bool // the holder of the lock before has vanished; what it did is not known

	asked  bool  // the Refresher was called
	minted bool  // the refresh token was dead, and the token is a Minter's
	token  Token // what it returned
	err    error // why a step failed: reading the record, the refresh window, the Refresher

	saveErr error     // the store's own error: its lock, or the save
	lost    bool      // the lock was lost; stored is what was read afterwards
	at      time.Time // when the last step ended

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

// outcome is what facts mean: for the store, for the session, and for those who wait for the
// refresh. At most one of next, ended and failure is set; none if a Login or Logout made the
// refresh pointless.
type outcome struct {
	step  step
	write *record.Record // what to save

	next    *record.Record      // the session goes on with this record
	loaded  bool                // next is another process's, and was in the store already
	ended   *LoginRequiredError // the session is over
	failure *failure            // the session is kept, and the refresh failed

	pending   *pendingSave // what the store has not accepted
	unhelpful bool         // the refresh counts in the refresh window
	events    []Event
	revoke    *Token // a token that nobody will use
}

// withoutErrors decides what to store, while the store has not had its say: saveErr is still that
// of a store that never returned.
func (f facts) withoutErrors() outcome {
	f.saveErr = nil
	return decide(f)
}

// refreshed reports whether the server gave a new token.
func (o outcome) refreshed() bool { return o.next != nil && !o.loaded }

// value is what to store in place of old. Bury says what is left of a session that has ended.
func (o outcome) value(old []byte, bury func(Reason) ([]byte, error)) ([]byte, error) {
	switch o.step {
	case save:
		return o.write.Encode()
	case remove:
		return bury(o.reason())
	default:
		return old, nil
	}
}

// reason is why the session ended; a refresh that a Logout made pointless ends it as well.
func (o outcome) reason() Reason {
	if o.ended == nil {
		return ReasonLogout
	}
	return o.ended.Reason
}

// session returns what comes after s; nil if nothing has changed.
func (o outcome) session(s *session, p policy) *session {
	switch {
	case o.next != nil:
		n := newSession(o.next, s.user, p)
		n.loaded = o.loaded
		return n
	case o.ended != nil:
		return signedOut(o.ended.Reason, s)
	case o.failure != nil:
		return s.failed(o.failure)
	default:
		return nil
	}
}

// err is what those who wait get, if not a session.
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
