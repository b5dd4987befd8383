package tokens

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"
)

// Claims are the parts of a JWT's payload (RFC 7519, section 4.1) that help to plan. They are not
// verified: that is the server's task.
type Claims struct {
	Issuer, Subject   string // as in the JSON, quotes included; "" if absent
	Expires, IssuedAt float64
}

// MaxLength is the length of the longest token that is accepted.
const MaxLength = 64 << 10

// ParseClaims reads a token that is a JWT; it reports false for any other. Servers put numbers
// where the RFC wants strings, so each claim is read on its own.
func ParseClaims(token string) (Claims, bool) {
	parts := strings.SplitN(token, ".", 4)
	if len(parts) != 3 || len(token) > MaxLength {
		return Claims{}, false
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || !bounded(payload) {
		return Claims{}, false
	}
	var all map[string]json.RawMessage
	if json.Unmarshal(payload, &all) != nil {
		return Claims{}, false
	}
	c := Claims{Issuer: identity(all["iss"]), Subject: identity(all["sub"])}
	c.Expires, _ = Number(all["exp"])
	c.IssuedAt, _ = Number(all["iat"])
	return c, true
}

// identity returns the JSON of a claim that identifies someone; "" if it is empty or null.
func identity(claim json.RawMessage) string {
	switch s := string(claim); s {
	case "null", `""`:
		return ""
	default:
		return s
	}
}

// JWTExpiry returns when a token that was issued now ends by the local clock; zero if it does not
// say. The clock that wrote it may differ from the local one. Where date, the time of that clock
// now, is known, the difference is taken out. In any case a new token lives no longer than the
// lifetime it states, and has not ended before it came.
func JWTExpiry(token string, now, date time.Time) time.Time {
	c, ok := ParseClaims(token)
	if !ok || c.Expires <= 0 || c.Expires > maxUnix {
		return time.Time{}
	}
	expiry := time.Unix(int64(c.Expires), 0)
	if !date.IsZero() {
		expiry = now.Round(0).Add(expiry.Sub(date))
	}
	if lifetime := c.Expires - c.IssuedAt; c.IssuedAt > 0 && lifetime > 0 && lifetime <= MaxLifetime.Seconds() {
		byLifetime := now.Round(0).Add(time.Duration(lifetime * float64(time.Second)))
		if !expiry.After(now) || byLifetime.Before(expiry) {
			expiry = byLifetime
		}
	}
	if expiry.Sub(now) > MaxLifetime {
		return time.Time{}
	}
	return expiry
}

// maxUnix is the year 9999: a later expiry is a mistake.
const maxUnix = 253402300799

// SameSubject reports whether two tokens are certainly of the same user.
func SameSubject(a, b string) bool {
	x, y, ok := subjects(a, b)
	return ok && x == y
}

// OtherSubject reports whether two tokens are certainly of different users.
func OtherSubject(a, b string) bool {
	x, y, ok := subjects(a, b)
	return ok && x != y
}

func subjects(a, b string) (x, y [2]string, ok bool) {
	c, ok1 := ParseClaims(a)
	d, ok2 := ParseClaims(b)
	both := ok1 && ok2 && c.Subject != "" && d.Subject != ""
	return [2]string{c.Issuer, c.Subject}, [2]string{d.Issuer, d.Subject}, both
}

// Subject returns the user that a token names, if it is a JWT that does; without the quotes of a
// string.
func Subject(token string) string {
	c, _ := ParseClaims(token)
	var s string
	if json.Unmarshal([]byte(c.Subject), &s) == nil {
		return s
	}
	return c.Subject
}
