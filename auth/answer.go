package auth

import (
	"bytes"
	"encoding/json"
	"math"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// parseToken reads a token from an answer in any of the shapes of [JSONRefresher].
func parseToken(a *answer, accessField, refreshField string, now time.Time) (Token, bool) {
	body := bytes.TrimSpace(a.body)
	var t Token
	switch {
	case len(body) == 0:
		return t, false
	case body[0] == '{':
		object, ok := tokenObject(body)
		if !ok {
			return t, false
		}
		t.AccessToken = text(object, accessField, "accesstoken", "token", "jwt")
		t.RefreshToken = text(object, refreshField, "refreshtoken")
		t.TokenType = text(object, "", "tokentype")
		t.Expiry = expiryOf(object, a.header, now)
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
		t.Expiry = jwtExpiry(t.AccessToken, now)
	}
	return t, true
}

// tokenObject returns the members of the object that holds the token; its own, or those of one it wraps.
func tokenObject(body []byte) (map[string]json.RawMessage, bool) {
	var object map[string]json.RawMessage
	if json.Unmarshal(body, &object) != nil {
		return nil, false
	}
	for k, v := range object {
		switch fold(k) {
		case "data", "result", "session", "tokens":
			var inner map[string]json.RawMessage
			if json.Unmarshal(v, &inner) == nil && inner != nil {
				return inner, true
			}
		}
	}
	return object, true
}

// fold makes accessToken, access_token and access-token the same.
func fold(name string) string {
	return strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(name))
}

// member returns the first of the members: the one called exact, else the first of the known names.
func member(object map[string]json.RawMessage, exact string, known ...string) json.RawMessage {
	if v, ok := object[exact]; ok && exact != "" {
		return v
	}
	for _, name := range known {
		for k, v := range object {
			if fold(k) == name {
				return v
			}
		}
	}
	return nil
}

func text(object map[string]json.RawMessage, exact string, known ...string) string {
	var s string
	if json.Unmarshal(member(object, exact, known...), &s) != nil {
		return ""
	}
	return s
}

// maxLifetime is the longest lifetime that is believed. Servers have been seen to send nanoseconds.
const maxLifetime = 10 * 365 * 24 * time.Hour

// expiryOf returns when the token ends by the local clock; zero if the answer says nothing that makes sense.
func expiryOf(object map[string]json.RawMessage, h http.Header, now time.Time) time.Time {
	if s, ok := number(member(object, "", "expiresin")); ok {
		if s <= 0 || s > maxLifetime.Seconds() {
			return time.Time{}
		}
		return now.Round(0).Add(time.Duration(s * float64(time.Second)))
	}
	at := member(object, "", "expiresat", "expiry", "expires")
	t, ok := instant(at)
	if !ok {
		return time.Time{}
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil { // the server's clock at this moment
		t = now.Round(0).Add(t.Sub(date))
	}
	if left := t.Sub(now); left <= 0 || left > maxLifetime {
		return time.Time{}
	}
	return t
}

func instant(raw json.RawMessage) (time.Time, bool) {
	if s, ok := number(raw); ok {
		if s > maxUnix { // milliseconds
			s /= 1000
		}
		if s <= 0 || s > maxUnix {
			return time.Time{}, false
		}
		return time.Unix(int64(s), 0), true
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return time.Time{}, false
	}
	t, err := time.Parse(time.RFC3339, s)
	return t, err == nil
}

// number reads a number that may be written as a string.
func number(raw json.RawMessage) (float64, bool) {
	f, err := strconv.ParseFloat(strings.Trim(string(bytes.TrimSpace(raw)), `"`), 64)
	return f, err == nil && !math.IsNaN(f) && !math.IsInf(f, 0)
}

func isText(h http.Header) bool {
	media, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err != nil || media == "text/plain" || media == "application/jwt" || media == "application/octet-stream"
}

// looksLikeToken refuses what a header cannot carry, and pages of a captive portal with it.
func looksLikeToken(s string) bool {
	if s == "" || len(s) > maxJWT {
		return false
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f || s[i] == '<' || s[i] == '"' {
			return false
		}
	}
	return true
}
