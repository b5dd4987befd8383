// Package printable makes text from elsewhere safe to show on terminals and in logs.
//
// # Overview
//
// A server chooses what it sends. Shown unchanged, an escape sequence could rewrite the terminal, and a line end could
// forge a record of a log.
//
// # Usage
//
//	fmt.Errorf("the server says %s", printable.Escape(printable.Truncate(text, 200)))
//
// # Concurrency
//
// Functions are safe for concurrent use.
//
// # Security
//
// Escape hides no secrets. [Mask] stands in their place.
package printable

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Mask stands for a secret in text.
const Mask = "REDACTED"

// Escape writes control characters, line ends among them, and the marks that change the direction of a text as Go
// writes them in a string. Text without them is returned unchanged.
func Escape(text string) string {
	if strings.IndexFunc(text, isControl) < 0 {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if isControl(r) {
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func isControl(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)
}

// Truncate escapes text and cuts it after at most n bytes.
func Truncate(text string, n int) string {
	if len(text) > n {
		for n > 0 && !utf8.RuneStart(text[n]) {
			n--
		}
		text = text[:n] + "…"
	}
	return Escape(text)
}
