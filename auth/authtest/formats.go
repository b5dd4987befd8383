package authtest

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// Shape is the form of the response of POST /auth/refresh.
type Shape string

// The kinds of [Shape].
const (
	ObjectShape Shape = ""       // {"accessToken": …, "refreshToken": …, "expiresIn": …}
	StringShape Shape = "string" // the access token alone, as a JSON string
	TextShape   Shape = "text"   // the access token alone, as plain text
)

// ExpiresIn is the form of the lifetime in token responses.
type ExpiresIn string

// The kinds of [ExpiresIn], with the form in which each writes five minutes. Lifetimes are rounded
// down to whole seconds, but never below one.
const (
	ExpiresInSeconds     ExpiresIn = ""            // 300
	ExpiresInString      ExpiresIn = "string"      // "300"
	ExpiresInAbsent      ExpiresIn = "absent"      // no such member; PocketBase
	ExpiresInNull        ExpiresIn = "null"        // null
	ExpiresInNanoseconds ExpiresIn = "nanoseconds" // 300000000000; mockoidc
	ExpiresInNegative    ExpiresIn = "negative"    // -300
	ExpiresInHuge        ExpiresIn = "huge"        // 1e300
)

// expiresMember returns the lifetime for a response, and whether to send one.
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

// Rotation says which refresh token the response to a refresh carries.
type Rotation string

// The kinds of [Rotation].
const (
	Rotate             Rotation = ""       // a new one; the old one is spent (RFC 9700, section 4.14)
	RepeatRefreshToken Rotation = "repeat" // the one that was presented, which stays good
	OmitRefreshToken   Rotation = "omit"   // none; the presented one stays good (RFC 6749, section 6)
	BlankRefreshToken  Rotation = "blank"  // an empty string; the presented one stays good
)

// refreshMember returns the refresh token for a response, and whether to send one.
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

// ErrorDialect is the form in which the server refuses an invalid refresh token, and the API an
// invalid access token.
type ErrorDialect string

// The kinds of [ErrorDialect].
const (
	OAuthErrors    ErrorDialect = ""         // RFC 6749, or {"message": …} from /auth/refresh
	GitHubErrors   ErrorDialect = "github"   // 200 {"error":"bad_refresh_token"}
	SlackErrors    ErrorDialect = "slack"    // 200 {"ok":false,"error":"invalid_refresh_token"}
	SupabaseErrors ErrorDialect = "supabase" // 400 {"error_code":"refresh_token_not_found"}; the API says 403 bad_jwt
	HubSpotErrors  ErrorDialect = "hubspot"  // 400 {"status":"BAD_REFRESH_TOKEN"}
	DexErrors      ErrorDialect = "dex"      // 400 {"error":"invalid_request"}; the API says 403
)

// refused returns the response to a refused refresh token.
func (d ErrorDialect) refused(r *rejection) (status int, body map[string]any) {
	switch d {
	case GitHubErrors:
		return http.StatusOK, map[string]any{
			"error": "bad_refresh_token", "error_description": "The refresh token passed is incorrect or expired.",
		}
	case SlackErrors:
		return http.StatusOK, map[string]any{"ok": false, "error": "invalid_refresh_token"}
	case SupabaseErrors:
		code := "refresh_token_not_found"
		if r.reuse {
			code = "refresh_token_already_used"
		}
		return http.StatusBadRequest, map[string]any{"code": http.StatusBadRequest, "error_code": code, "msg": "Invalid Refresh Token"}
	case HubSpotErrors:
		return http.StatusBadRequest, map[string]any{"status": "BAD_REFRESH_TOKEN", "message": "missing or invalid refresh token"}
	case DexErrors:
		return http.StatusBadRequest, map[string]any{
			"error": "invalid_request", "error_description": "Refresh token is invalid or has already been claimed by another client.",
		}
	case OAuthErrors:
	}
	return http.StatusUnauthorized, map[string]any{"message": "Invalid refresh token"}
}

// expired returns the API's response to an access token that is not valid.
func (c *Config) expired(h http.Header) (status int, body string) {
	status, body = c.ExpiredStatus, `{"message":"Invalid JWT"}`
	forbids := c.ErrorDialect == SupabaseErrors || c.ErrorDialect == DexErrors
	if forbids && status == http.StatusUnauthorized {
		status = http.StatusForbidden
	}
	switch {
	case c.ErrorDialect == SupabaseErrors:
		h.Set("X-Sb-Error-Code", "bad_jwt")
		body = `{"code":403,"error_code":"bad_jwt","msg":"invalid JWT: unable to parse or verify signature, token is expired"}`
	case c.ErrorDialect == DexErrors:
		body = `{"error":"access_denied"}`
	case status < 300:
		body = "[]"
	}
	return status, cmp.Or(c.ExpiredBody, body)
}
