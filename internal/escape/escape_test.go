package escape_test

import (
	"fmt"
	"testing"

	"github.com/chatelaine-go/chatelaine/internal/escape"
)

func Example() {
	fmt.Println(escape.Line("\x1b]0;pwned\x07 two\nlines"))
	fmt.Println(escape.Text("\u202eright to left\tand a tab"))
	// Output:
	// \x1b]0;pwned\a two\nlines
	// \u202eright to left	and a tab
}

func TestEscape(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]struct{ line, text string }{
		"":               {"", ""},
		"café – déjà":    {"café – déjà", "café – déjà"},
		"a\r\nb":         {`a\r\nb`, "a\\r\nb"},
		"\u009b31m":      {`\u009b31m`, `\u009b31m`},
		"\x7f\x00":       {`\x7f\x00`, `\x7f\x00`},
		"a\u2028b\u200d": {`a\u2028b\u200d`, `a\u2028b\u200d`},
		"\xff":           {"\xff", "\xff"},
	} {
		if got := escape.Line(s); got != want.line {
			t.Errorf("Line(%q) is %q, want %q", s, got, want.line)
		}
		if got := escape.Text(s); got != want.text {
			t.Errorf("Text(%q) is %q, want %q", s, got, want.text)
		}
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		s     string
		limit int
		want  string
	}{{"abc", 3, "abc"}, {"abcd", 3, "abc…"}, {"aéb", 2, "a…"}, {"é", 1, "…"}, {"\xff\xff\xff", 2, "\xff\xff…"}, {"", 0, ""}} {
		if got := escape.Cut(c.s, c.limit); got != c.want {
			t.Errorf("Cut(%q, %d) is %q, want %q", c.s, c.limit, got, c.want)
		}
	}
}
