package screen_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/screen"
)

// TestEscape: nothing that is left can move the cursor or reorder the text.
func TestEscape(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                  "",
		"plain ünïcödé ✓":   "plain ünïcödé ✓",
		"\x1b]0;pwned\x07":  `\x1b]0;pwned\a`,
		"\u009b31m":         `\u009b31m`,
		"\u202eevil":        `\u202eevil`,
		"a\r\nb\tc\x00\x7f": `a\r\nb\tc\x00\x7f`,
		"\x9b\xff":          `\x9b\xff`,
		"\u2028\u00ad":      `\u2028\u00ad`,
	} {
		if got := screen.Escape(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// TestEscapeJSON: a decoder reads the same values.
func TestEscapeJSON(t *testing.T) {
	t.Parallel()
	want := "\x1b[2J \u009b \u202e \U000e0001 ✓ \r\n\t"
	data, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	data = screen.EscapeJSON(data)
	var got string
	if err := json.Unmarshal(data, &got); err != nil || got != want {
		t.Errorf("%s: %q, %v", data, got, err)
	}
	if strings.ContainsFunc(string(data), func(r rune) bool { return !unicode.IsPrint(r) }) {
		t.Errorf("%q", data)
	}
}

// TestEscaper: wherever the text is cut, the same is written.
func TestEscaper(t *testing.T) {
	t.Parallel()
	const text = "one\ttwo ✓\n\x1b[2J\u009bthree \xe2\x9c"
	const want = "one\ttwo ✓\n" + `\x1b[2J\u009bthree \xe2\x9c`
	for size := 1; size <= len(text); size++ {
		var out strings.Builder
		w := screen.Escaper(&out)
		for rest := text; rest != ""; {
			n := min(size, len(rest))
			if written, err := w.Write([]byte(rest[:n])); written != n || err != nil {
				t.Fatal(written, err)
			}
			rest = rest[n:]
		}
		if err := w.Close(); err != nil || out.String() != want {
			t.Errorf("in pieces of %d: %q, %v", size, out.String(), err)
		}
	}
}
