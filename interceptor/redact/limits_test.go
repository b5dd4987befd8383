package redact_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/interceptor/redact"
)

// TestLimits asserts that input that is too long to be examined is not shown.
func TestLimits(t *testing.T) {
	t.Parallel()
	r := newRedactor(t, redact.Config{Headers: []string{"X-Listed"}})
	long := strings.Repeat("a", redact.MaxText+1)
	const size = "[65537 bytes]"
	for _, c := range []struct{ got, want string }{
		{r.Text(long), size},
		{r.Text(long[1:]), redact.Mask},
		{r.Text("short", long), "[5 bytes]"},
		{r.Text("short", strings.Split(long, "aa")...), "short"},
		{r.HeaderValue("Server", long), size},
		{r.HeaderValue("Authorization", long), size},
		{r.HeaderValue("Location", long), size},
		{r.HeaderValue("X-Listed", long), long},
		{r.HeaderValue("Content-Type", "text/plain; a="+long[:1024]), redact.Mask},
		{r.Body("text/plain; a="+long[:1024], []byte("x")), "[1 bytes]"},
		{r.URLString("https://h.example/" + long), "https://h.example/REDACTED"},
		{r.URLString("https://u:p@h.example/?" + long), "https://h.example/REDACTED"},
		{r.FieldValue("error", long), redact.Mask},
		{r.Name(long), redact.Mask},
		{r.Text("x "+long[:9], r.Secrets(&url.URL{RawQuery: "a=" + long}, nil)...), "[11 bytes]"},
	} {
		if c.got != c.want {
			t.Errorf("got %.80q, want %.80q", c.got, c.want)
		}
	}
}

// TestLimits_header asserts that fields beyond the limit are counted.
func TestLimits_header(t *testing.T) {
	t.Parallel()
	h := make(http.Header)
	for i := range 10_000 {
		h.Add(fmt.Sprintf("X-%05d", i), "")
	}
	h.Set("Accept", strings.Repeat("a ", 1000))
	got := (*redact.Redactor)(nil).Header(h)
	if n := len(got); n < 1000 || n > 2000 || got["…"][0] != fmt.Sprintf("[%d more]", len(h)-n+1) {
		t.Errorf("%d fields, %v", n, got["…"])
	}
	if got.Get("Accept") == "" {
		t.Error("the first field by name is left out")
	}
}

// FuzzKnown: known secrets are found wherever they are, also where they overlap.
func FuzzKnown(f *testing.F) {
	seeds := []struct{ text, a, b, want string }{
		{"x abcd y", "abcd", "bcd", "x REDACTED y"},
		{"abcabcd", "abcd", "cabc", "abREDACTED"},
		{"ababab", "abab", "baba", "REDACTED"},
		{"aaaaaa", "aaaa", "", "REDACTED"},
		{"abcdabcd", "abcd", "", "REDACTEDREDACTED"},
		{"a%20bc, a+bc", "a bc", "", "REDACTED, REDACTED"},
		{`a\"bc`, `a"bc`, "", "REDACTED"},
		{"abc", "abc", "", "abc"},
	}
	for _, s := range seeds {
		f.Add(s.text, s.a, s.b)
		if got := (*redact.Redactor)(nil).Text(s.text, s.a, s.b); got != s.want {
			f.Errorf("%q without %q and %q: %q, want %q", s.text, s.a, s.b, got, s.want)
		}
	}
	f.Fuzz(func(t *testing.T, text, a, b string) {
		got := (*redact.Redactor)(nil).Text(text, a, b)
		for _, secret := range []string{a, b} {
			if len(secret) >= 4 && strings.Contains(got, secret) && strings.Contains(text, secret) &&
				!strings.ContainsAny(secret, "REDACT[") {
				t.Errorf("%q without %q and %q: %q", text, a, b, got)
			}
		}
	})
}
