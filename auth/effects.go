package auth

// What an outcome does: to the store, to the session, and for those who wait.

// withoutErrors decides what to store, while the store has not had its say.
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
		return o.write.encode()
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
