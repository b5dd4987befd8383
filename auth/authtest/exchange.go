package authtest

import (
	"fmt"
	"time"
)

// minter is how a refresh makes its grant: ledger.mint spends the presented refresh token for a
// new one, ledger.mintAccess leaves it as it is.
type minter func(s *session, now time.Time, cfg *Config) grant

// exchange is a refresh. Exactly one of the results is set.
func (l *ledger) exchange(token, client string, now time.Time, cfg *Config, mint minter) (*grant, *refusal) {
	l.sweep(now)
	t, ok := l.refresh[token]
	if !ok {
		return nil, &refusal{reason: "unknown refresh token"}
	}
	refuse := func(why string) (*grant, *refusal) {
		return nil, &refusal{session: t.session, reason: t.describe() + why}
	}
	switch {
	case t.session.revoked:
		return refuse(": the session was revoked")
	case t.session.client != client:
		return refuse(" was issued to another client")
	case !now.Before(t.expires):
		return refuse(" is expired")
	case !t.spent.IsZero():
		return l.again(t, now, cfg)
	}
	g := mint(t.session, now, cfg)
	if g.refresh != "" {
		t.spent, t.next = now, g
	}
	return &g, nil
}

// again decides on a refresh token that was spent before.
func (l *ledger) again(t *refreshToken, now time.Time, cfg *Config) (*grant, *refusal) {
	if now.Sub(t.spent) < cfg.ReuseGrace {
		if cfg.GraceMints {
			g := l.mint(t.session, now, cfg)
			return &g, nil
		}
		if next, ok := l.refresh[t.next.refresh]; ok && next.spent.IsZero() {
			return &t.next, nil
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
	}
}
