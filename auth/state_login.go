package auth

// The changes of state by Login, Logout, Mint and the pending save. See state for who may write
// what.

// setCommitting names the session that a Login is about to store; "" if it could not. In between,
// the session may be in the store without being current, and neither a refresh nor a read may take
// it for another process's.
func (st *state) setCommitting(session string) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.committing = session
}

// commitLogin makes the session of a Login current, which the store has saved.
func (st *state) commitLogin(s *session, e Event) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if before := st.current.Load(); before != nil && before.signedIn() {
		s.user = before.user // a Login on top of a session is taken for the same user
	}
	st.invalidate()
	st.committing = ""
	st.current.Store(s)
	st.journal.enqueue(e)
}

// commitMint makes a minted session current in place of from, which is signed out. It does nothing
// and returns false if a Login or Logout was faster.
func (st *state) commitMint(from, s *session, e Event) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.committing = ""
	if st.current.Load() != from || st.logouts > 0 {
		return false
	}
	st.invalidate()
	st.current.Store(s)
	st.journal.enqueue(e)
	return true
}

// beginLogout signs out. It returns the session that was current, the one that is current now, and
// the refresh that was under way.
func (st *state) beginLogout() (old, out *session, c *call) {
	st.mu.Lock()
	defer st.mu.Unlock()
	old, c = st.current.Load(), st.refresh.Load()
	out = signedOut(ReasonLogout, old)
	st.invalidate()
	st.current.Store(out)
	st.logouts++ // until endLogout, what is stored is about to be deleted
	return old, out, c
}

// endLogout ends what beginLogout began; p is what the store has yet to delete, if its change
// failed. It reports whether p is to be retried, which it is not after another Login or Logout.
func (st *state) endLogout(out *session, p *pendingSave) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.logouts--
	st.reading = nil // it may have read what has been deleted since
	if p == nil || st.current.Load() != out {
		return false
	}
	st.pending = p
	return true
}

// pendingSave returns what the store has not accepted; nil if nothing. Whoever has waited compares
// it with the one that was to be saved: a Login or Logout since then makes the old one pointless.
func (st *state) pendingSave() *pendingSave {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.pending
}

// saved notes that the store has accepted p, unless a newer change has taken its place.
func (st *state) saved(p *pendingSave) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.pending == p {
		st.pending, st.reading = nil, nil // what is being read may be gone
	}
}
