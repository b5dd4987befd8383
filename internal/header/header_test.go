package header_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/internal/header"
)

func Example() {
	h := http.Header{"Retry-After": {"120"}}
	fmt.Println(header.RetryAfter(h, time.Now()))
	// Output: 2m0s true
}

func TestVisible(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"a": true, "!~": true, strings.Repeat("a", 8): true, strings.Repeat("a", 9): false,
		"": false, "a b": false, "a\n": false, "é": false, "\x7f": false,
	} {
		if got := header.Visible(s, 8); got != want {
			t.Errorf("%q: %v", s, got)
		}
	}
}

func TestUUID(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	seen := make(map[string]bool)
	for range 1000 {
		id := header.UUID()
		if !form.MatchString(id) || seen[id] {
			t.Fatalf("got %q", id)
		}
		seen[id] = true
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	at := func(d time.Duration) string { return now.Add(d).Format(http.TimeFormat) }
	for _, c := range []struct {
		value, date string
		want        time.Duration
		asked       bool
	}{
		{"", "", 0, false},
		{"0", "", 0, false},
		{"3", "", 3 * time.Second, true},
		{" 3 ", "", 3 * time.Second, true},
		{"-3", "", 0, false},
		{"1.5", "", 0, false},
		{"soon", "", 0, false},
		{"99999999999999999999999", "", header.Forever, true},
		{"9999999999999", "", header.Forever, true},
		{at(time.Minute), "", time.Minute, true},
		{at(-time.Minute), "", -time.Minute, false},
		{at(time.Minute), at(-time.Minute), 2 * time.Minute, true},
		{at(time.Minute), "nonsense", time.Minute, true},
		{"Fri, 31 Dec 9999 23:59:59 GMT", "", header.Forever, true},
	} {
		got, asked := header.RetryAfter(http.Header{"Retry-After": {c.value}, "Date": {c.date}}, now)
		if got != c.want || asked != c.asked {
			t.Errorf("%q, sent at %q: %v %v, want %v %v", c.value, c.date, got, asked, c.want, c.asked)
		}
	}
}
