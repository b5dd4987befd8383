package authtest

import (
	"crypto/rand"
	"fmt"
	"iter"
	"strings"
	"time"
)

// family is one login and all the tokens that came of it: the family that reuse revokes.
type family struct {
	id, user, client string
	revoked          bool
	number           int    // of the newest refresh token
	access           string // the newest access token
}

// refreshToken is what the tokens knows of one refresh token.
type refreshToken struct {
	family  *family
	number  int
	expires time.Time
	spent   time.Time // zero: not yet
	next    issued    // what it was exchanged for
}

// accessToken is what the tokens knows of one access token that is good until it expires.
type accessToken struct {
	family  *family
	expires time.Time
}

// issued is the outcome of a login or a refresh that was granted.
type issued struct {
	access, refresh string
	family          *family
	number          int
	ttl             time.Duration
}

// describe says what was granted, without showing it.
func (g *issued) describe() string {
	if g.refresh == "" {
		return fmt.Sprintf("refresh token #%d stays", g.number)
	}
	return fmt.Sprintf("refresh token #%d", g.number)
}

// rejection says why a token was refused, in words without the token.
type rejection struct {
	reason string
	family *family // nil: unknown
	reuse  bool
	ended  bool // the session ended because of it
}

// tokens holds the sessions and tokens of a server. It is not safe for concurrent use.
type tokenTable struct {
	key      *jwtKey
	families map[string]*family
	refresh  map[string]*refreshToken
	access   map[string]accessToken
	opened   int // sessions ever opened
	uses     int // logins and refreshes, for the sweep
}

func newTokenTable() *tokenTable {
	return &tokenTable{
		key:      newJWTKey(),
		families: make(map[string]*family),
		refresh:  make(map[string]*refreshToken),
		access:   make(map[string]accessToken),
	}
}

// open starts a session for the user.
func (tt *tokenTable) open(user, client string, now time.Time, cfg *Config) issued {
	tt.sweep(now)
	tt.opened++
	s := &family{id: fmt.Sprintf("s%d", tt.opened), user: user, client: client}
	tt.families[s.id] = s
	return tt.issuePair(s, now, cfg)
}

// issuePair gives the session a new pair of tokens.
func (tt *tokenTable) issuePair(s *family, now time.Time, cfg *Config) issued {
	g := tt.issueAccess(s, now, cfg)
	s.number++
	g.number, g.refresh = s.number, "rt-"+rand.Text()
	tt.refresh[g.refresh] = &refreshToken{family: s, number: s.number, expires: now.Add(cfg.RefreshTTL)}
	return g
}

// issueAccess gives the session a new access token.
func (tt *tokenTable) issueAccess(s *family, now time.Time, cfg *Config) issued {
	if cfg.ExpireOnRefresh {
		tt.forget(func(a accessToken) bool { return a.family == s })
	}
	expires := now.Add(cfg.AccessTTL)
	if !cfg.RepeatAccessToken || s.access == "" {
		s.access = tt.newAccess(s, now, expires, cfg)
	}
	tt.access[s.access] = accessToken{family: s, expires: expires}
	return issued{access: s.access, family: s, number: s.number, ttl: cfg.AccessTTL}
}

// describe names the token without showing it.
func (t *refreshToken) describe() string {
	return fmt.Sprintf("refresh token #%d", t.number)
}

// forget makes the access tokens that match unknown.
func (tt *tokenTable) forget(match func(accessToken) bool) {
	for token, a := range tt.access {
		if match(a) {
			delete(tt.access, token)
		}
	}
}

// holder returns the session of a good access token.
func (tt *tokenTable) holder(token string, now time.Time) (*family, bool) {
	a, ok := tt.access[token]
	if !ok || !now.Before(a.expires) {
		return nil, false
	}
	return a.family, true
}

// tokens yields every token it knows.
func (tt *tokenTable) tokens() iter.Seq[string] {
	return func(yield func(string) bool) {
		for token := range tt.access {
			if !yield(token) {
				return
			}
		}
		for token := range tt.refresh {
			if !yield(token) {
				return
			}
		}
	}
}

// mask replaces a text that has a token in it.
func (tt *tokenTable) mask(text string) string {
	const shortest = len("rt-") + 26
	if len(text) < shortest {
		return text
	}
	for token := range tt.tokens() {
		if strings.Contains(text, token) {
			return redacted
		}
	}
	return text
}

// alive counts the sessions that can still be refreshed.
func (tt *tokenTable) alive(now time.Time) int {
	live := make(map[*family]bool)
	for _, t := range tt.refresh {
		if !t.family.revoked && t.spent.IsZero() && now.Before(t.expires) {
			live[t.family] = true
		}
	}
	return len(live)
}

// sweep drops, now and then, what can no longer matter, so that a server can run for weeks.
func (tt *tokenTable) sweep(now time.Time) {
	const every = 1024
	tt.uses++
	if tt.uses%every != 0 {
		return
	}
	used := make(map[*family]bool)
	for token, a := range tt.access {
		if now.Before(a.expires) {
			used[a.family] = true
		} else {
			delete(tt.access, token)
		}
	}
	for token, t := range tt.refresh {
		if now.Before(t.expires) {
			used[t.family] = true
		} else {
			delete(tt.refresh, token)
		}
	}
	for id, s := range tt.families {
		if !used[s] {
			delete(tt.families, id)
		}
	}
}
