package authtest

import (
	"crypto/rand"
	"fmt"
	"iter"
	"strings"
	"time"
)

// login is what opens a session.
type login struct {
	user, client, scope string
	nonce               string // of the authorization request, for the ID token
	thumbprint          string // of the DPoP key, "" without
}

// family is all tokens that descend from one login: a reused refresh token revokes all of them.
// Events show it as a session.
type family struct {
	login

	id      string
	opened  time.Time
	revoked bool
	number  int    // of the newest refresh token
	access  string // the newest access token
}

// refreshToken is the state of one refresh token.
type refreshToken struct {
	family  *family
	number  int
	expires time.Time
	spent   time.Time // zero: not yet
	next    issued    // what it was exchanged for
}

// accessToken is the state of one access token that is valid until it expires.
type accessToken struct {
	family  *family
	expires time.Time
}

// issued is the tokens that a login or a refresh gets.
type issued struct {
	access, refresh string
	family          *family
	number          int
	ttl             time.Duration
}

// describe names the refresh token that is valid now, without showing it.
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
	ended  bool // the session was ended because of it
}

// tokenTable holds the sessions, tokens and codes of a server. It is not safe for concurrent use:
// the server's lock guards it.
type tokenTable struct {
	key      *jwtKey
	families map[string]*family
	refresh  map[string]*refreshToken
	access   map[string]accessToken
	codes    map[string]*authCode
	pushed   map[string]authRequest
	devices  map[string]*deviceGrant
	opened   int // sessions ever opened
	uses     int // logins and refreshes, for the sweep
}

func newTokenTable() *tokenTable {
	return &tokenTable{
		key:      newJWTKey(),
		families: make(map[string]*family),
		refresh:  make(map[string]*refreshToken),
		access:   make(map[string]accessToken),
		codes:    make(map[string]*authCode),
		pushed:   make(map[string]authRequest),
		devices:  make(map[string]*deviceGrant),
	}
}

// open opens a session with a pair of tokens.
func (tt *tokenTable) open(in *login, now time.Time, cfg *Config) issued {
	return tt.issuePair(tt.newFamily(in, now), now, cfg)
}

// newFamily opens a session that has no tokens yet.
func (tt *tokenTable) newFamily(in *login, now time.Time) *family {
	tt.sweep(now)
	tt.opened++
	f := &family{login: *in, id: fmt.Sprintf("s%d", tt.opened), opened: now}
	tt.families[f.id] = f
	return f
}

// issuePair gives the session a new pair of tokens.
func (tt *tokenTable) issuePair(f *family, now time.Time, cfg *Config) issued {
	g := tt.issueAccess(f, now, cfg)
	f.number++
	g.number, g.refresh = f.number, "rt-"+rand.Text()
	tt.refresh[g.refresh] = &refreshToken{family: f, number: f.number, expires: now.Add(cfg.RefreshTTL)}
	return g
}

// issueAccess gives the session a new access token.
func (tt *tokenTable) issueAccess(f *family, now time.Time, cfg *Config) issued {
	if cfg.ExpireOnRefresh {
		tt.forget(func(a accessToken) bool { return a.family == f })
	}
	expires := now.Add(cfg.AccessTTL)
	if !cfg.RepeatAccessToken || f.access == "" {
		f.access = tt.newAccess(f, now, expires, cfg)
	}
	tt.access[f.access] = accessToken{family: f, expires: expires}
	return issued{access: f.access, family: f, number: f.number, ttl: cfg.AccessTTL}
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

// holder returns the session of a valid access token.
func (tt *tokenTable) holder(token string, now time.Time) (*family, bool) {
	a, ok := tt.access[token]
	if !ok || !now.Before(a.expires) {
		return nil, false
	}
	return a.family, true
}

// all yields every token.
func (tt *tokenTable) all() iter.Seq[string] {
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

// mask replaces a text that contains a token.
func (tt *tokenTable) mask(text string) string {
	const shortest = len("rt-") + 26
	if len(text) < shortest {
		return text
	}
	for token := range tt.all() {
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
