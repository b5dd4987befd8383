package tokens_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/internal/tokens"
)

// TestRetryAfter reads seconds and dates, within limits, and the headers of rate limits.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	date := time.Date(2026, 1, 1, 1, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"120": 2 * time.Minute, "0": 0, "-1": 0, "soon": 0, "99999999": time.Hour, "99999999999999999999": time.Hour,
		"Thu, 01 Jan 2026 01:00:30 GMT": 30 * time.Second, // by the server's clock, an hour ahead
		"Thu, 01 Jan 2026 00:00:00 GMT": 0,
		"Fri, 01 Jan 2027 00:00:00 GMT": time.Hour,
	} {
		got, asked := tokens.RetryAfter(http.Header{"Retry-After": {value}}, date)
		if got != want || !asked {
			t.Errorf("%q: %v, %v, want %v", value, got, asked, want)
		}
	}
	soon := time.Now().Add(10 * time.Minute).UTC().Format(http.TimeFormat)
	got, _ := tokens.RetryAfter(http.Header{"Retry-After": {soon}}, time.Time{})
	if got.Round(time.Minute) != 10*time.Minute {
		t.Errorf("without a Date: %v", got)
	}
	for _, test := range []struct {
		header map[string]string
		want   time.Duration
		asked  bool
	}{
		{nil, 0, false},
		{map[string]string{"X-RateLimit-Remaining": "0"}, 0, true},
		{map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "30"}, 30 * time.Second, true},
		{map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1767229260"}, time.Minute, true},
		{map[string]string{"RateLimit-Remaining": "0", "RateLimit-Reset": "30"}, 30 * time.Second, true},
		{map[string]string{"RateLimit-Remaining": "1", "RateLimit-Reset": "30"}, 0, false},
		{map[string]string{"RateLimit": "limit=10, remaining=0, reset=5"}, 5 * time.Second, true},
		{map[string]string{"RateLimit": `"default";r=0;t=7`}, 7 * time.Second, true},
		{map[string]string{"RateLimit": `"default";r=3;t=7`}, 0, false},
		{map[string]string{"X-RateLimit-Limit": "0"}, 0, false},
	} {
		h := make(http.Header)
		for name, value := range test.header {
			h.Set(name, value)
		}
		if got, asked := tokens.RetryAfter(h, date); got != test.want || asked != test.asked {
			t.Errorf("%v: %v, %v", test.header, got, asked)
		}
	}
}
