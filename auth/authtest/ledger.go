package authtest

import (
	"crypto/rand"
	"fmt"
	"iter"
	"time"
)

// session is one login and all the tokens that came of it: the family that reuse revokes.
type session struct {
	id, user, client string
	revoked          bool
	number           int    // of the newest refresh token
	access           string // the newest access token
}

// refreshToken is what the ledger knows of one refresh token.
type refreshToken struct {
	session *session
	number  int
	expires time.Time
	spent   time.Time // zero: not yet
	next    grant     // what it was exchanged for
}

// accessToken is what the ledger knows of one access token that is good until it expires.
type accessToken struct {
	session *session
	expires time.Time
}

// grant is the outcome of a login or a refresh that was granted.
type grant struct {
	access, refresh string
	session         *session
	number          int
	ttl             time.Duration
}

// describe says what was granted, without showing it.
func (g *grant) describe() string {
	if g.refresh == "" {
		return fmt.Sprintf("refresh token #%d stays", g.number)
	}
	return fmt.Sprintf("refresh token #%d", g.number)
}

// refusal says why a token was refused, in words without the token.
type refusal struct {
	reason  string
	session *session // nil: unknown
	reuse   bool
	ended   bool // the session ended because of it
}

// ledger holds the sessions and tokens of a server. It is not safe for concurrent use.
type ledger struct {
	key      *signingKey
	sessions map[string]*session
	refresh  map[string]*refreshToken
	access   map[string]accessToken
	opened   int // sessions ever opened
	minted   int // grants since the last sweep
}

func newLedger(key *signingKey) *ledger {
	return &ledger{
		key:      key,
		sessions: make(map[string]*session),
		refresh:  make(map[string]*refreshToken),
		access:   make(map[string]accessToken),
	}
}

// open starts a session for the user.
func (l *ledger) open(user, client string, now time.Time, cfg *Config) (grant, error) {
	l.opened++
	s := &session{id: fmt.Sprintf("s%d", l.opened), user: user, client: client}
	l.sessions[s.id] = s
	return l.mint(s, now, cfg)
}

// mint gives the session a new pair of tokens.
func (l *ledger) mint(s *session, now time.Time, cfg *Config) (grant, error) {
	g, err := l.mintAccess(s, now, cfg)
	if err != nil {
		return grant{}, err
	}
	s.number++
	g.number, g.refresh = s.number, "rt-"+rand.Text()
	l.refresh[g.refresh] = &refreshToken{session: s, number: s.number, expires: now.Add(cfg.RefreshTTL)}
	return g, nil
}

// mintAccess gives the session a new access token.
func (l *ledger) mintAccess(s *session, now time.Time, cfg *Config) (grant, error) {
	l.sweep(now)
	if cfg.ExpireOnRefresh {
		l.forget(func(a accessToken) bool { return a.session == s })
	}
	expires := now.Add(cfg.AccessTTL)
	if !cfg.RepeatAccessToken || s.access == "" {
		token, err := l.newAccess(s, now, expires, cfg)
		if err != nil {
			return grant{}, err
		}
		s.access = token
	}
	l.access[s.access] = accessToken{session: s, expires: expires}
	return grant{access: s.access, session: s, number: s.number, ttl: cfg.AccessTTL}, nil
}

// refreshSession exchanges a refresh token. Exactly one of the first two results is set.
func (l *ledger) refreshSession(token, client string, now time.Time, cfg *Config, rotate bool) (*grant, *refusal, error) {
	t, ok := l.refresh[token]
	switch {
	case !ok:
		return nil, &refusal{reason: "unknown refresh token"}, nil
	case t.session.revoked:
		return nil, &refusal{session: t.session, reason: t.describe() + ": the session was revoked"}, nil
	case t.session.client != client:
		return nil, &refusal{session: t.session, reason: t.describe() + " was issued to another client"}, nil
	case !now.Before(t.expires):
		return nil, &refusal{session: t.session, reason: t.describe() + " is expired"}, nil
	case !t.spent.IsZero():
		return l.again(t, now, cfg)
	}
	mint := l.mintAccess
	if rotate {
		mint = l.mint
	}
	g, err := mint(t.session, now, cfg)
	if err != nil {
		return nil, nil, err
	}
	if rotate {
		t.spent, t.next = now, g
	}
	return &g, nil, nil
}

// again decides on a refresh token that was spent before.
func (l *ledger) again(t *refreshToken, now time.Time, cfg *Config) (*grant, *refusal, error) {
	if now.Sub(t.spent) < cfg.ReuseGrace {
		if cfg.GraceMints {
			g, err := l.mint(t.session, now, cfg)
			return &g, nil, err
		}
		if next, ok := l.refresh[t.next.refresh]; ok && next.spent.IsZero() {
			return &t.next, nil, nil
		}
	}
	if !cfg.ReuseKeepsSession {
		l.revoke(t.session)
	}
	return nil, &refusal{
		reason:  fmt.Sprintf("%s was spent; #%d is the newest", t.describe(), t.session.number),
		session: t.session,
		reuse:   true,
		ended:   !cfg.ReuseKeepsSession,
	}, nil
}

// describe names the token without showing it.
func (t *refreshToken) describe() string {
	return fmt.Sprintf("refresh token #%d", t.number)
}

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

// forget makes the access tokens that match unknown.
func (l *ledger) forget(match func(accessToken) bool) {
	for token, a := range l.access {
		if match(a) {
			delete(l.access, token)
		}
	}
}

// holder returns the session of a good access token.
func (l *ledger) holder(token string, now time.Time) (*session, bool) {
	a, ok := l.access[token]
	if !ok || !now.Before(a.expires) {
		return nil, false
	}
	return a.session, true
}

// tokens yields every token it knows.
func (l *ledger) tokens() iter.Seq[string] {
	return func(yield func(string) bool) {
		for token := range l.access {
			if !yield(token) {
				return
			}
		}
		for token := range l.refresh {
			if !yield(token) {
				return
			}
		}
	}
}

// alive counts the sessions that can still be refreshed.
func (l *ledger) alive(now time.Time) int {
	live := make(map[*session]bool)
	for _, t := range l.refresh {
		if !t.session.revoked && t.spent.IsZero() && now.Before(t.expires) {
			live[t.session] = true
		}
	}
	return len(live)
}

// sweep drops, now and then, what can no longer matter, so that a server can run for weeks.
func (l *ledger) sweep(now time.Time) {
	const every = 1024
	if l.minted++; l.minted%every != 0 {
		return
	}
	l.forget(func(a accessToken) bool { return !now.Before(a.expires) })
	used := make(map[*session]bool)
	for token, t := range l.refresh {
		if now.Before(t.expires) {
			used[t.session] = true
			continue
		}
		delete(l.refresh, token)
	}
	for id, s := range l.sessions {
		if !used[s] {
			delete(l.sessions, id)
		}
	}
}
