package auth

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/internal/record"
)

// state is what an Interceptor knows about its session, and the only place that changes it.
//
// The mutex guards every change of a field; the two atomic pointers may be read without it. It is
// held for a few assignments and the start of a goroutine, never while anything is waited for, and
// never while the user's code runs. Only the methods of state lock it. The mutexes of journal and
// workers may be locked while it is held, never the other way around.
//
// Who may write current, and when:
//
//	finishRead   to what the store holds; not during a Logout, and not to a record that is to be
//	             deleted: either would bring back an ended session; not while a refresh is under
//	             way or a save is pending, which find out themselves
//	commitLogin  from anything to a new session, after the store has saved it, so that no request
//	             uses a session that a crash would lose
//	beginLogout  from anything to "signed out", before the store is touched, so that no request is
//	             signed from the moment Logout is called, whatever the store does
//	publish      from the session that was refreshed to its outcome, after the store has
//	             saved it or has failed to; not if a Login or Logout was faster
//	commitMint   from "signed out" to a session that a Minter made, after the store has saved it
//
// Login, a Minter's attempt and the retry of a pending save hold the write lock of persistence
// while they change the store and current, so both change in the same order. A Logout changes
// current first, and then takes the write lock to delete what is stored. See persistence.writes.
type state struct {
	current atomic.Pointer[session] // nil until the store was read; read without the mutex
	refresh atomic.Pointer[call]    // the refresh of current under way; read without the mutex

	mu         sync.Mutex
	reading    *call        // a read of the store under way
	unhelpful  window       // refreshes whose tokens were refused
	pending    *pendingSave // a change that the store has not accepted
	logouts    int          // Logouts under way: what is stored does not count
	committing string       // the session that a Login is storing, until it is current
	journal    *journal     // queued to while mu is held
}

// invalidate detaches all work under way for the session: its outcome does not count any more. The
// mutex is held.
func (st *state) invalidate() {
	st.reading, st.pending, st.unhelpful = nil, nil, nil
	st.refresh.Store(nil)
}

// joinRefresh returns the session that replaced old, or the refresh of it to wait for, which begin
// starts if none is under way; begin returns nil if the interceptor is closed.
func (st *state) joinRefresh(old *session, t trigger, begin func(*session) *call) (*session, *call, error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	s, c, now := st.current.Load(), st.refresh.Load(), time.Now()
	switch {
	case s.differsFrom(old):
		s, err := s.replacing(old)
		return s, nil, err
	case c != nil:
		return nil, c, nil
	case s.failure != nil && s.failure != old.failure && s.failure.stands(now):
		return nil, nil, s.failure.err // it failed while the request was on its way
	case s.failure != nil && s.failure.wait(t, now) > 0:
		err := *s.failure.err
		err.RetryAfter = s.failure.wait(t, now)
		return nil, nil, &err
	}
	if t == refused && s.failure == nil && s.Generation > 1 && !s.marks.accepted.Load() {
		st.unhelpful.add(now) // the refresh that brought this token did not help
	}
	if c = begin(s); c == nil {
		return nil, nil, &RefreshError{Err: ErrClosed}
	}
	st.refresh.Store(c)
	return nil, c, nil
}

// publish makes next the current session in place of from, along with everything else in o. It
// does nothing and returns false if from is not current any more.
func (st *state) publish(from, next *session, o outcome) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	if s := st.current.Load(); !s.is(from) || s.Generation > from.Generation {
		return false
	}
	if next.signedIn() {
		st.refresh.Store(nil)
	} else {
		st.invalidate()
	}
	st.current.Store(next)
	if o.ended != nil || o.hasNewToken() {
		st.pending = o.pending // and no older one
	}
	if o.unhelpful {
		st.unhelpful.add(o.failure.at)
	}
	st.journal.enqueue(o.events...)
	return true
}

// superseded reports whether a Login or Logout has replaced s, or a Login has stored the session
// that is now stored but does not yet know that it succeeded: that is not another process's.
func (st *state) superseded(s *session, stored *record.Record) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	return !st.current.Load().is(s) || stored != nil && stored.Session == st.committing
}

// joinRead returns the session if it is not old, else the read of the store to wait for, which
// begin starts if none is under way. If the interceptor is closed, it returns old, which may be
// nil.
func (st *state) joinRead(old *session, begin func() *call) (*session, *call) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if s := st.current.Load(); s != old {
		return s, nil
	}
	if st.reading == nil {
		st.reading = begin()
	}
	return old, st.reading
}

// finishRead makes current what follows from a read of the store, unless a Login or Logout has
// detached it. A nil record means that the store holds nothing.
func (st *state) finishRead(c *call, r *record.Record, err error, p policy) (*session, error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	known := st.current.Load()
	if st.reading != c {
		return known, nil
	}
	st.reading = nil
	if err != nil {
		return nil, err
	}
	if known == nil {
		known = signedOut(ReasonNeverSignedIn, nil)
		st.current.Store(known)
	}
	if st.ignores(r, known) {
		return known, nil
	}
	o := decideRead(known, r, p)
	next := o.successor(known, p)
	if next == nil {
		return known, nil
	}
	if !next.signedIn() {
		st.invalidate()
	}
	st.current.Store(next)
	st.journal.enqueue(o.events...)
	return next, nil
}

// ignores reports whether the stored record r says nothing now: it is about to be deleted, or it is
// that of a Login here, or a refresh or a pending save will find out under the store's lock.
func (st *state) ignores(r *record.Record, known *session) bool {
	switch {
	case st.logouts > 0, r != nil && (st.pending.removes(r) || r.Session == st.committing):
		return true
	default:
		return known.signedIn() && (st.refresh.Load() != nil || st.pending != nil || st.committing != "")
	}
}

// markAccepted notes that the server accepts the token of s.
func (st *state) markAccepted(s *session) {
	if s.marks.accepted.Load() || !s.marks.accepted.CompareAndSwap(false, true) {
		return
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	st.unhelpful = nil
}

// refreshWait returns how long the refresh window forbids another refresh.
func (st *state) refreshWait(now time.Time, limit RefreshWindow) time.Duration {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.unhelpful.wait(now, limit)
}
