package authtest

import (
	"fmt"
	"time"
)

// issueFunc is how a refresh issues its tokens: issuePair spends the presented refresh token,
// issueAccess leaves it valid.
type issueFunc func(f *family, now time.Time, cfg *Config) issued

// redeem exchanges a refresh token. Exactly one of the results is set.
func (tt *tokenTable) redeem(p *refreshRequest, now time.Time, cfg *Config, issue issueFunc) (*issued, *rejection) {
	tt.sweep(now)
	t, ok := tt.refresh[p.token]
	if !ok {
		return nil, &rejection{reason: "unknown refresh token"}
	}
	reject := func(why string) (*issued, *rejection) {
		return nil, &rejection{family: t.family, reason: t.describe() + why}
	}
	switch {
	case t.family.revoked:
		return reject(": the session was revoked")
	case t.family.client != p.client:
		return reject(" was issued to another client")
	case t.family.thumbprint != "" && t.family.thumbprint != p.thumbprint:
		return reject(" is bound to another DPoP key")
	case !now.Before(t.expires):
		return reject(" is expired")
	case !t.spent.IsZero():
		return tt.redeemSpent(t, now, cfg)
	}
	g := issue(t.family, now, cfg)
	if g.refresh != "" {
		t.spent, t.next = now, g
	}
	return &g, nil
}

// redeemSpent handles a refresh token that was spent before.
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

// revoke ends the session: all its tokens are refused from now on.
func (tt *tokenTable) revoke(f *family) {
	f.revoked = true
	delete(tt.families, f.id)
	tt.forget(func(a accessToken) bool { return a.family == f })
}

// revokeAll ends the sessions that match and returns their number.
func (tt *tokenTable) revokeAll(match func(*family) bool) int {
	n := 0
	for _, f := range tt.families {
		if match(f) {
			tt.revoke(f)
			n++
		}
	}
	return n
}

// revokeToken revokes a token (RFC 7009, section 2.1): with a refresh token its session ends, an
// access token ends alone. It returns the session, nil if the token is unknown or dead.
func (tt *tokenTable) revokeToken(token, client string) (f *family, ended bool) {
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
