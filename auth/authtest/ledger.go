package authtest

import (
	"crypto/rand"
	"fmt"
	"iter"
	"strings"
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
	uses     int // logins and refreshes, for the sweep
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
func (l *ledger) open(user, client string, now time.Time, cfg *Config) grant {
	l.sweep(now)
	l.opened++
	s := &session{id: fmt.Sprintf("s%d", l.opened), user: user, client: client}
	l.sessions[s.id] = s
	return l.mint(s, now, cfg)
}

// mint gives the session a new pair of tokens.
func (l *ledger) mint(s *session, now time.Time, cfg *Config) grant {
	g := l.mintAccess(s, now, cfg)
	s.number++
	g.number, g.refresh = s.number, "rt-"+rand.Text()
	l.refresh[g.refresh] = &refreshToken{session: s, number: s.number, expires: now.Add(cfg.RefreshTTL)}
	return g
}

// mintAccess gives the session a new access token.
func (l *ledger) mintAccess(s *session, now time.Time, cfg *Config) grant {
	if cfg.ExpireOnRefresh {
		l.forget(func(a accessToken) bool { return a.session == s })
	}
	expires := now.Add(cfg.AccessTTL)
	if !cfg.RepeatAccessToken || s.access == "" {
		s.access = l.newAccess(s, now, expires, cfg)
	}
	l.access[s.access] = accessToken{session: s, expires: expires}
	return grant{access: s.access, session: s, number: s.number, ttl: cfg.AccessTTL}
}

// describe names the token without showing it.
func (t *refreshToken) describe() string {
	return fmt.Sprintf("refresh token #%d", t.number)
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

// mask replaces a text that has a token in it.
func (l *ledger) mask(text string) string {
	const shortest = len("rt-") + 26
	if len(text) < shortest {
		return text
	}
	for token := range l.tokens() {
		if strings.Contains(text, token) {
			return redacted
		}
	}
	return text
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
