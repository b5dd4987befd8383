package auth

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
)

// maxLifetime is the longest lifetime that is believed. Servers have been seen to send nanoseconds.
const maxLifetime = 10 * 365 * 24 * time.Hour

// expiryOf returns when the token of an answer ends by the local clock; zero if the answer says nothing that makes sense.
// Asked is when it was asked for: a lifetime that is counted from there ends early rather than late. Date is what the server's
// clock showed, zero if it does not tell.
func expiryOf(object map[string]json.RawMessage, asked, date time.Time) time.Time {
	if s, ok := number(member(object, "", "expiresin")); ok {
		if s <= 0 || s > maxLifetime.Seconds() {
			return time.Time{}
		}
		return asked.Round(0).Add(time.Duration(s * float64(time.Second)))
	}
	t, ok := instant(member(object, "", "expiresat", "expiry", "expires"))
	if !ok {
		return time.Time{}
	}
	if !date.IsZero() {
		t = asked.Round(0).Add(t.Sub(date))
	}
	if left := t.Sub(asked); left <= 0 || left > maxLifetime {
		return time.Time{}
	}
	return t
}

// instant reads a time: RFC 3339, or seconds or milliseconds since 1970.
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
