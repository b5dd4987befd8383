package auth

import (
	"bytes"
	"encoding/json"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"
)

// parseToken reads a token from an answer in any of the shapes of [JSONRefresher]. Asked is when it was asked for.
func parseToken(a *answer, accessField, refreshField string, asked time.Time) (Token, bool) {
	body := bytes.TrimSpace(a.body)
	var t Token
	switch {
	case len(body) == 0:
		return t, false
	case body[0] == '{':
		object := tokenObject(body, accessField)
		t.AccessToken = accessToken(object, accessField)
		t.RefreshToken = text(object, refreshField, "refreshtoken")
		t.TokenType = text(object, "", "tokentype")
		t.Expiry = expiryOf(object, asked, a.date())
	case body[0] == '"':
		if json.Unmarshal(body, &t.AccessToken) != nil {
			return t, false
		}
	case isText(a.header):
		t.AccessToken = string(body)
	}
	if !looksLikeToken(t.AccessToken) {
		return Token{}, false
	}
	if t.Expiry.IsZero() {
		t.Expiry = jwtExpiry(t.AccessToken, asked, a.date())
	}
	return t, true
}

func accessToken(object map[string]json.RawMessage, field string) string {
	return text(object, field, "accesstoken", "token", "jwt")
}

// tokenObject returns the members of the object that holds the token: the outermost, else one that it wraps.
func tokenObject(body []byte, accessField string) map[string]json.RawMessage {
	var object map[string]json.RawMessage
	if json.Unmarshal(body, &object) != nil || accessToken(object, accessField) != "" {
		return object
	}
	for _, wrap := range []string{"data", "result", "session", "tokens"} {
		var inner map[string]json.RawMessage
		if json.Unmarshal(member(object, "", wrap), &inner) == nil && accessToken(inner, accessField) != "" {
			return inner
		}
	}
	return object
}

// member returns the first of the members: the one called exact, else the first of the known names.
func member(object map[string]json.RawMessage, exact string, known ...string) json.RawMessage {
	if v, ok := object[exact]; ok && exact != "" {
		return v
	}
	names := slices.Sorted(maps.Keys(object))
	for _, name := range known {
		for _, k := range names {
			if fold(k) == name {
				return object[k]
			}
		}
	}
	return nil
}

// fold makes accessToken, access_token and access-token the same.
func fold(name string) string {
	return strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(name))
}

// text returns a member that is a string; "" if it is not.
func text(object map[string]json.RawMessage, exact string, known ...string) string {
	var s string
	if json.Unmarshal(member(object, exact, known...), &s) != nil {
		return ""
	}
	return s
}

func isText(h http.Header) bool {
	media, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err != nil || media == "text/plain" || media == "application/jwt" || media == "application/octet-stream"
}

// looksLikeToken refuses what a header cannot carry, and pages of a captive portal with it.
func looksLikeToken(s string) bool {
	return s != "" && len(s) <= maxJWT && headerSafe(s) && !strings.ContainsAny(s, `<"`)
}

// headerSafe tells whether s is visible ASCII without spaces, as RFC 6750 §2.1 wants it.
func headerSafe(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}
