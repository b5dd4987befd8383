package screen

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Escape returns text with everything that could move the cursor, change a terminal or reorder what
// is read written as in a Go string: control characters, invisible ones, and bytes that are not
// UTF-8. It is for text that a server or a file has chosen.
func Escape(text string) string {
	if !strings.ContainsFunc(text, hidden) && utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	for rest := text; rest != ""; {
		r, width := utf8.DecodeRuneInString(rest)
		first := rest[0]
		rest = rest[width:]
		switch {
		case r == utf8.RuneError && width == 1:
			fmt.Fprintf(&b, `\x%02x`, first)
		case hidden(r):
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func hidden(r rune) bool { return !unicode.IsPrint(r) }

// EscapeJSON returns encoded JSON with the characters that Escape replaces, other than white space,
// as \u escapes, so that a reader gets the same values and a terminal is not touched.
func EscapeJSON(encoded []byte) []byte {
	out := make([]byte, 0, len(encoded))
	for _, r := range string(encoded) {
		switch {
		case r == '\n' || !hidden(r):
			out = utf8.AppendRune(out, r)
		case r > 0xffff:
			r -= 0x10000
			out = fmt.Appendf(out, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
	}
	return out
}

// Escaper returns a writer that passes lines and tabs on to w and escapes what Escape escapes.
// Close it to write what is left of a character that was cut off; w is not closed.
func Escaper(w io.Writer) io.WriteCloser { return &escaper{w: w} }

type escaper struct {
	w    io.Writer
	rest []byte // the beginning of a character
}

// Write reports all of p as written, or an error of the writer below.
func (e *escaper) Write(p []byte) (int, error) {
	data := slices.Concat(e.rest, p)
	whole := len(data)
	for back := 1; back < utf8.UTFMax && back <= len(data); back++ {
		if utf8.RuneStart(data[len(data)-back]) {
			if !utf8.FullRune(data[len(data)-back:]) {
				whole -= back
			}
			break
		}
	}
	e.rest = append([]byte(nil), data[whole:]...)
	return len(p), e.flush(data[:whole])
}

// Close writes what is left.
func (e *escaper) Close() error {
	rest := e.rest
	e.rest = nil
	return e.flush(rest)
}

func (e *escaper) flush(data []byte) error {
	var b strings.Builder
	for text := string(data); text != ""; {
		plain, after, mark := text, "", ""
		if i := strings.IndexAny(text, "\n\t"); i >= 0 {
			plain, mark, after = text[:i], text[i:i+1], text[i+1:]
		}
		b.WriteString(Escape(plain) + mark)
		text = after
	}
	_, err := io.WriteString(e.w, b.String())
	return err
}
