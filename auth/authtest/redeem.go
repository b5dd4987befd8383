package authtest

import (
	"fmt"
	"time"
)

// issuer is how a refresh makes its grant: tokens.issuePair spends the presented refresh token for a
// new one, tokens.issueAccess leaves it as it is.
type issuer func(s *family, now time.Time, cfg *Config) issued

// redeem is a refresh. Exactly one of the results is set.
func (tt *tokenTable) redeem(token, client string, now time.Time, cfg *Config, issuePair issuer) (*issued, *rejection) {
	tt.sweep(now)
	t, ok := tt.refresh[token]
	if !ok {
		return nil, &rejection{reason: "unknown refresh token"}
	}
	refuse := func(why string) (*issued, *rejection) {
		return nil, &rejection{family: t.family, reason: t.describe() + why}
	}
	switch {
	case t.family.revoked:
		return refuse(": the session was revoked")
	case t.family.client != client:
		return refuse(" was issued to another client")
	case !now.Before(t.expires):
		return refuse(" is expired")
	case !t.spent.IsZero():
		return tt.redeemSpent(t, now, cfg)
	}
	g := issuePair(t.family, now, cfg)
	if g.refresh != "" {
		t.spent, t.next = now, g
	}
	return &g, nil
}

// again decides on a refresh token that was spent before.
func (tt *tokenTable) redeemSpent(t *refreshToken, now time.Time, cfg *Config) (*issued, *rejection) {
	if now.Sub(t.spent) < cfg.ReuseGrace {
		if cfg.GraceMints {
			g := tt.issuePair(t.family, now, cfg)
			return &g, nil
		}
		if next, ok := tt.refresh[t.next.refresh]; ok && next.spent.IsZero() {
			return &t.next, nil
		}
	}
	if !cfg.ReuseKeepsSession {
		tt.revoke(t.family)
	}
	return nil, &rejection{
		reason: fmt.Sprintf("%s was spent; #%d is the newest", t.describe(), t.family.number),
		family: t.family,
		reuse:  true,
		ended:  !cfg.ReuseKeepsSession,
	}
}

// revoke ends the family: all its access tokens and refresh tokens are refused from now on.
func (tt *tokenTable) revoke(s *family) {
	s.revoked = true
	delete(tt.families, s.id)
	tt.forget(func(a accessToken) bool { return a.family == s })
}

// revokeAll ends the sessions that match.
func (tt *tokenTable) revokeAll(match func(*family) bool) int {
	n := 0
	for _, s := range tt.families {
		if match(s) {
			tt.revoke(s)
			n++
		}
	}
	return n
}

// revokeToken ends what a token stands for (RFC 7009, section 2.1): a refresh token its session,
// an access token itself only. It tells the session, nil if the token is unknown or dead.
func (tt *tokenTable) revokeToken(token, client string) (s *family, ended bool) {
	if t, ok := tt.refresh[token]; ok && !t.family.revoked && t.family.client == client {
		tt.revoke(t.family)
		return t.family, true
	}
	if a, ok := tt.access[token]; ok && a.family.client == client {
		delete(tt.access, token)
		return a.family, false
	}
	return nil, false
}
