package auth

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"
)

// claims are the parts of a JWT's payload (RFC 7519 §4.1) that help to plan. They are not verified: the server does that.
type claims struct {
	issuer, subject   string // as they stand in the JSON, quotes and all; "" if absent
	expires, issuedAt float64
}

const maxJWT = 64 << 10

// parseClaims reads an access token that is a JWT; false if it is not one. Servers put numbers where the RFC wants strings,
// so each claim stands for itself.
func parseClaims(token string) (claims, bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 || len(token) > maxJWT {
		return claims{}, false
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return claims{}, false
	}
	var all map[string]json.RawMessage
	if json.Unmarshal(payload, &all) != nil {
		return claims{}, false
	}
	c := claims{issuer: identity(all["iss"]), subject: identity(all["sub"])}
	c.expires, _ = number(all["exp"])
	c.issuedAt, _ = number(all["iat"])
	return c, true
}

// identity returns the JSON of a claim that names somebody; "" if it names nobody.
func identity(claim json.RawMessage) string {
	switch s := string(claim); s {
	case "null", `""`:
		return ""
	default:
		return s
	}
}

// jwtExpiry returns when a token that came about now ends by the local clock; zero if it does not say. The clock that wrote
// it may differ from the local one. Where date, what that clock shows now, is known, the difference is taken out.
// In any case a new token lives for the lifetime that it tells, no longer, and has not ended before it came.
func jwtExpiry(token string, now, date time.Time) time.Time {
	c, ok := parseClaims(token)
	if !ok || c.expires <= 0 || c.expires > maxUnix {
		return time.Time{}
	}
	expiry := time.Unix(int64(c.expires), 0)
	if !date.IsZero() {
		expiry = now.Round(0).Add(expiry.Sub(date))
	}
	if lifetime := c.expires - c.issuedAt; c.issuedAt > 0 && lifetime > 0 && lifetime <= maxLifetime.Seconds() {
		byLifetime := now.Round(0).Add(time.Duration(lifetime * float64(time.Second)))
		if !expiry.After(now) || byLifetime.Before(expiry) {
			expiry = byLifetime
		}
	}
	if expiry.Sub(now) > maxLifetime {
		return time.Time{}
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
	return [2]string{c.issuer, c.subject}, [2]string{d.issuer, d.subject}, ok1 && ok2 && c.subject != "" && d.subject != ""
}
