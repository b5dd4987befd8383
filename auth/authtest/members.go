package authtest

import (
	"encoding/json"
	"strconv"
	"time"
)

// refreshMember returns the refresh token of an answer, and whether there is one.
func (c *Config) refreshMember(g *grant, presented string) (string, bool) {
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
