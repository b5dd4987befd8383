package authtest

// revoke ends the session: all its access tokens and refresh tokens are refused from now on.
func (l *ledger) revoke(s *session) {
	s.revoked = true
	delete(l.sessions, s.id)
	l.forget(func(a accessToken) bool { return a.session == s })
}

// revokeAll ends the sessions that match.
func (l *ledger) revokeAll(match func(*session) bool) int {
	n := 0
	for _, s := range l.sessions {
		if match(s) {
			l.revoke(s)
			n++
		}
	}
	return n
}

// revokeToken ends what a token stands for (RFC 7009, section 2.1): a refresh token its session,
// an access token itself only. It tells the session, nil if the token is unknown or dead.
func (l *ledger) revokeToken(token, client string) (s *session, ended bool) {
	if t, ok := l.refresh[token]; ok && !t.session.revoked && t.session.client == client {
		l.revoke(t.session)
		return t.session, true
	}
	if a, ok := l.access[token]; ok && a.session.client == client {
		delete(l.access, token)
		return a.session, false
	}
	return nil, false
}
