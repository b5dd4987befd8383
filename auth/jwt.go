package auth

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"
)

// claims are the parts of a JWT's payload (RFC 7519 §4.1) that help to plan. They are not verified: the server does that.
type claims struct {
	Issuer   string  `json:"iss"`
	Subject  string  `json:"sub"`
	Expires  float64 `json:"exp"`
	IssuedAt float64 `json:"iat"`
}

const maxJWT = 64 << 10

// parseClaims reads an access token that is a JWT; false if it is not one.
func parseClaims(token string) (claims, bool) {
	var c claims
	parts := strings.Split(token, ".")
	if len(parts) != 3 || len(token) > maxJWT {
		return c, false
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(payload, &c) != nil {
		return claims{}, false
	}
	return c, true
}

// jwtExpiry returns when a token that was issued about now ends by the local clock; zero if it does not say. Where the
// clocks differ, its lifetime counts, not what the server's clock will show.
func jwtExpiry(token string, now time.Time) time.Time {
	c, ok := parseClaims(token)
	if !ok || c.Expires <= 0 || c.Expires > maxUnix {
		return time.Time{}
	}
	expiry := time.Unix(int64(c.Expires), 0)
	if c.IssuedAt <= 0 || c.IssuedAt >= c.Expires {
		return expiry
	}
	lifetime := time.Duration((c.Expires - c.IssuedAt) * float64(time.Second))
	if byLifetime := now.Round(0).Add(lifetime); !expiry.After(now) || byLifetime.Before(expiry) {
		return byLifetime
	}
	return expiry
}

// maxUnix is the year 9999: a later expiry is a mistake.
const maxUnix = 253402300799

// sameSubject tells whether two access tokens are certainly of the same user.
func sameSubject(a, b string) bool {
	x, y, ok := subjects(a, b)
	return ok && x == y
}

// otherSubject tells whether two access tokens are certainly of different users.
func otherSubject(a, b string) bool {
	x, y, ok := subjects(a, b)
	return ok && x != y
}

func subjects(a, b string) (x, y [2]string, ok bool) {
	c, ok1 := parseClaims(a)
	d, ok2 := parseClaims(b)
	return [2]string{c.Issuer, c.Subject}, [2]string{d.Issuer, d.Subject}, ok1 && ok2 && c.Subject != "" && d.Subject != ""
}
