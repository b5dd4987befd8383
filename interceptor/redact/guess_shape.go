package redact

import (
	"net/netip"
	"strings"
	"time"

	"github.com/chatelaine-go/chatelaine/internal/escape"
)

// plain reports whether no word of s looks like a token. Identifiers in the form of a UUID are
// plain; control characters never are.
func plain(s string) bool {
	for w := range strings.FieldsFuncSeq(s, isSeparator) {
		if tokenLike(w) && !uuid(w) {
			return false
		}
	}
	return !strings.ContainsFunc(s, escape.IsControl)
}

// isSeparator reports whether r stands between words. All separators are ASCII.
func isSeparator(r rune) bool {
	return r <= ' ' || r <= '~' && strings.IndexByte("\"'`<>(){}[],;|&=?#", byte(r)) >= 0
}

func betweenParts(r rune) bool { return !letter(r) && !digit(r) }

func letter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }
func digit(r rune) bool  { return r >= '0' && r <= '9' }

// tokenLike reports whether a word looks random: long, with letters and digits in one piece. A slug
// such as how-to-2026 does not, because its pieces are words and numbers.
func tokenLike(w string) bool {
	const short, long, unbroken = 12, 16, 28
	if len(w) < short {
		return false
	}
	if prefixed(w) {
		return true
	}
	for part := range strings.FieldsFuncSeq(w, betweenParts) {
		letters, digits, changes := countClasses(part)
		switch {
		case letters > 0 && digits > 0 && len(part) >= 8 && len(w) >= long:
			return true
		case letters >= unbroken, letters >= long && changes > letters/5:
			return true
		}
	}
	return false
}

// prefixed reports whether w begins as the tokens of well-known issuers do.
func prefixed(w string) bool {
	for _, p := range []string{
		"eyJ", "ghp_", "gho_", "ghs_", "ghu_", "ghr_", "github_pat_", "glpat-", "sk-", "sk_", "pk_", "rk_", "xox", "AKIA",
		"ASIA", "AIza", "ya29.", "npm_", "dop_v1_", "hvs.",
	} {
		if strings.HasPrefix(w, p) {
			_, digits, changes := countClasses(w)
			return digits > 0 || changes > 1
		}
	}
	return false
}

// countClasses counts letters, digits, and case changes: capitals behind a small letter.
func countClasses(s string) (letters, digits, caseChanges int) {
	var last rune
	for _, r := range s {
		switch {
		case digit(r):
			digits++
		case letter(r):
			letters++
			if r <= 'Z' && last >= 'a' && last <= 'z' {
				caseChanges++
			}
		}
		last = r
	}
	return letters, digits, caseChanges
}

// words masks the words of s that look like tokens.
func (g *guess) words(s string) string {
	e := edit{s: s}
	g.steps += len(s)
	for at := 0; at < len(s); at++ {
		from := at
		for at < len(s) && (s[at] > '~' || !isSeparator(rune(s[at]))) {
			at++
		}
		if suspicious(s[from:at]) {
			e.replace(from, at, Mask)
		}
	}
	return e.String()
}

// suspicious is tokenLike for free text, where a word that is not one needs an explanation: a host,
// an address, a time. Addresses of people, and remains of user information, have none.
func suspicious(w string) bool {
	const long, longNumber = 16, 12
	w = strings.Trim(w, ".:!-*%")
	if tokenLike(w) || uuid(w) || strings.Contains(w, "@") {
		return true
	}
	for part := range strings.SplitSeq(w, "/") {
		letters, digits, _ := countClasses(part)
		switch {
		case letters == 0 && digits == len(part) && digits >= longNumber:
			return true
		case letters > 0 && digits > 0 && len(part) >= long && !isHost(part) && !isTimestamp(part):
			return true
		}
	}
	return false
}

// isHost reports whether s is a host name or an address, perhaps with a port.
func isHost(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	name, port, ok := strings.Cut(s, ":")
	if letters, _, _ := countClasses(port); ok && (letters > 0 || port == "") {
		return false
	}
	dot := strings.LastIndexByte(name, '.')
	if dot < 1 {
		return false
	}
	letters, _, _ := countClasses(name[dot+1:])
	return letters >= 2 && letters == len(name)-dot-1
}

func isTimestamp(s string) bool {
	_, err := time.Parse(time.RFC3339Nano, s)
	return err == nil
}

// uuid reports whether s has the form of a UUID (RFC 9562).
func uuid(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, r := range s {
		if dash := i == 8 || i == 13 || i == 18 || i == 23; dash != (r == '-') || !dash && !hex(r) {
			return false
		}
	}
	return true
}

func hex(r rune) bool { return digit(r) || r >= 'a' && r <= 'f' || r >= 'A' && r <= 'F' }

// identifier reports whether s can only be a request or trace ID, such as the 55 characters of a
// traceparent.
func identifier(s string) bool {
	const longest = 55
	return len(s) <= longest && !strings.ContainsFunc(s, func(r rune) bool { return !hex(r) && r != '-' })
}
