package tokens

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
)

// MaxLifetime is the longest lifetime that is believed. Some servers send nanoseconds.
const MaxLifetime = 10 * 365 * 24 * time.Hour

// expiry returns when the token of a response ends by the local clock; zero if the response says
// nothing that makes sense. A lifetime is counted from asked, when the token was asked for, so it
// ends early rather than late. Date is the time of the server's clock, zero if not known.
func (o *object) expiry(asked, date time.Time) time.Time {
	if s, ok := Number(o.take("expiresin")); ok {
		return after(asked, s)
	}
	raw := o.take("expiresat", "expiry", "expires", "expirationtime", "expiration")
	if s, ok := Number(raw); ok && s < MaxLifetime.Seconds() && o.folded["expires"] != "" { // a lifetime, at Facebook
		return after(asked, s)
	}
	t, ok := instant(raw)
	if !ok {
		return time.Time{}
	}
	if !date.IsZero() {
		t = asked.Round(0).Add(t.Sub(date))
	}
	if left := t.Sub(asked); left <= 0 || left > MaxLifetime {
		return time.Time{}
	}
	return t
}

// after returns the instant that many seconds after asked; zero if the number makes no sense.
func after(asked time.Time, seconds float64) time.Time {
	if seconds <= 0 || seconds > MaxLifetime.Seconds() {
		return time.Time{}
	}
	return asked.Round(0).Add(time.Duration(seconds * float64(time.Second)))
}

// instant reads a time: RFC 3339, or seconds or milliseconds since 1970.
func instant(raw json.RawMessage) (time.Time, bool) {
	if s, ok := Number(raw); ok {
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

// Number reads a number that may be written as a string.
func Number(raw json.RawMessage) (float64, bool) {
	f, err := strconv.ParseFloat(strings.Trim(string(bytes.TrimSpace(raw)), `"`), 64)
	return f, err == nil && !math.IsNaN(f) && !math.IsInf(f, 0)
}
