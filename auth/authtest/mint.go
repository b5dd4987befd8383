package authtest

import (
	"crypto/rand"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// newAccess returns an access token for the session, good until expires.
func (l *ledger) newAccess(s *session, now, expires time.Time, cfg *Config) string {
	if cfg.OpaqueTokens {
		return "at-" + rand.Text()
	}
	return l.key.sign(&claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer:    cfg.Issuer,
			Subject:   s.user,
			IssuedAt:  jwt.NewNumericDate(now),
			ExpiresAt: jwt.NewNumericDate(expires),
			ID:        rand.Text(),
		},
		Session: s.id,
	})
}
