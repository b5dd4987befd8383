package authtest

import (
	"encoding/json"
	"strconv"
	"time"
)

// Shape is the form of the answer to POST /auth/refresh.
type Shape string

// The kinds of [Shape].
const (
	ObjectShape Shape = ""       // {"accessToken": …, "refreshToken": …, "expiresIn": …}
	StringShape Shape = "string" // the access token alone, as a JSON string
	TextShape   Shape = "text"   // the access token alone, as plain text
)

// ExpiresIn is the form of the lifetime in token answers.
type ExpiresIn string

// The kinds of [ExpiresIn], with what they make of five minutes. Whole seconds are counted, down,
// but never less than one.
const (
	ExpiresInSeconds     ExpiresIn = ""            // 300
	ExpiresInString      ExpiresIn = "string"      // "300"
	ExpiresInAbsent      ExpiresIn = "absent"      // no such member; PocketBase
	ExpiresInNull        ExpiresIn = "null"        // null
	ExpiresInNanoseconds ExpiresIn = "nanoseconds" // 300000000000; mockoidc
	ExpiresInNegative    ExpiresIn = "negative"    // -300
	ExpiresInHuge        ExpiresIn = "huge"        // 1e300
)

// expiresMember returns the lifetime of an answer, and whether there is one.
func (c *Config) expiresMember(ttl time.Duration) (any, bool) {
	seconds := max(1, int64(ttl/time.Second)) // 0 would say "unknown" to many clients
	switch c.ExpiresIn {
	case ExpiresInAbsent:
		return nil, false
	case ExpiresInNull:
		return nil, true
	case ExpiresInString:
		return strconv.FormatInt(seconds, 10), true
	case ExpiresInNanoseconds:
		return int64(ttl), true
	case ExpiresInNegative:
		return -seconds, true
	case ExpiresInHuge:
		return json.Number("1e300"), true
	case ExpiresInSeconds:
	}
	return seconds, true
}

// Rotation says which refresh token the answer to a refresh carries.
type Rotation string

// The kinds of [Rotation].
const (
	Rotate             Rotation = ""       // a new one; the old one is spent (RFC 9700, section 4.14)
	RepeatRefreshToken Rotation = "repeat" // the one that was presented, which stays good
	OmitRefreshToken   Rotation = "omit"   // none; the presented one stays good (RFC 6749, section 6)
	BlankRefreshToken  Rotation = "blank"  // an empty string; the presented one stays good
)

// refreshMember returns the refresh token of an answer, and whether there is one.
func (c *Config) refreshMember(g *issued, presented string) (string, bool) {
	if g.refresh != "" {
		return g.refresh, true
	}
	switch c.Rotation {
	case RepeatRefreshToken:
		return presented, true
	case BlankRefreshToken:
		return "", true
	case Rotate, OmitRefreshToken:
	}
	return "", false
}
