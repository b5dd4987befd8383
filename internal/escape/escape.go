// Package escape makes text of strangers safe to print.
//
// # Overview
//
// What a server sends may move the cursor of a terminal, forge a line of a log, or reverse the
// reading direction. The functions write the characters that can do so as Go writes them in a
// string: \x1b.
//
// # Usage
//
//	fmt.Errorf("auth: the server said %s", escape.Line(text))
//
// # Errors
//
// There are none.
//
// # Concurrency
//
// The functions are safe for concurrent use.
//
// # Security
//
// Text that is already escaped looks the same as text that has been: the result is for reading, not
// for parsing.
package escape

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line escapes the control and format characters of s, line ends among them.
func Line(s string) string { return escaped(s, IsControl) }

// Text escapes the control and format characters of s except line feeds and tabs.
func Text(s string) string {
	return escaped(s, func(r rune) bool { return r != '\n' && r != '\t' && IsControl(r) })
}

// IsControl reports whether r is a control or format character, or a line separator.
func IsControl(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)
}

func escaped(s string, bad func(rune) bool) string {
	if strings.IndexFunc(s, bad) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if bad(r) {
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Cut returns the first limit bytes of s and "…" if s is longer. It does not cut within a
// character. Redact first: half a secret is not recognized.
func Cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit] + "…"
}
