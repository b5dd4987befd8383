package redact

import (
	"net/netip"
	"strings"
	"time"
)

// plain tells whether no word of s looks like a token. Identifiers in the form of a UUID are plain.
func plain(s string) bool {
	for w := range strings.FieldsFuncSeq(s, betweenWords) {
		if tokenLike(w) && !uuid(w) {
			return false
		}
	}
	return !strings.ContainsFunc(s, control)
}

func control(r rune) bool { return r < ' ' || r == 0x7f }

func betweenWords(r rune) bool { return r <= ' ' || strings.ContainsRune("\"'`<>(){}[],;|&=?#", r) }

func betweenParts(r rune) bool { return !letter(r) && !digit(r) }

func letter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }
func digit(r rune) bool  { return r >= '0' && r <= '9' }

// tokenLike tells whether a word looks like something random: long, with letters and digits in one piece. A slug such as
// how-to-2026 does not, because its pieces are words and numbers.
func tokenLike(w string) bool {
	const short, long, unbroken = 12, 16, 28
	if len(w) < short {
		return false
	}
	if prefixed(w) {
		return true
	}
	for part := range strings.FieldsFuncSeq(w, betweenParts) {
		letters, digits, bumps := census(part)
		switch {
		case letters > 0 && digits > 0 && len(part) >= 8 && len(w) >= long:
			return true
		case letters >= unbroken, letters >= long && bumps > letters/5:
			return true
		}
	}
	return false
}

// prefixed tells whether w begins as the tokens of well-known issuers do.
func prefixed(w string) bool {
	for _, p := range []string{
		"eyJ", "ghp_", "gho_", "ghs_", "ghu_", "ghr_", "github_pat_", "glpat-", "sk-", "sk_", "pk_", "rk_", "xox", "AKIA",
		"ASIA", "AIza", "ya29.", "npm_", "dop_v1_", "hvs.",
	} {
		if strings.HasPrefix(w, p) {
			_, digits, bumps := census(w)
			return digits > 0 || bumps > 1
		}
	}
	return false
}

// census counts letters, digits, and places where a capital follows a small letter.
func census(s string) (letters, digits, bumps int) {
	var last rune
	for _, r := range s {
		switch {
		case digit(r):
			digits++
		case letter(r):
			letters++
			if r <= 'Z' && last >= 'a' && last <= 'z' {
				bumps++
			}
		}
		last = r
	}
	return letters, digits, bumps
}

// suspicious is tokenLike for free text, where a word that is no word has to explain itself: as a host, an address, a time.
// Addresses of people, and what is left of user information, do not.
func suspicious(w string) bool {
	const long, longNumber = 16, 12
	w = strings.Trim(w, ".:!-*%")
	if tokenLike(w) || uuid(w) || strings.Contains(w, "@") {
		return true
	}
	for part := range strings.SplitSeq(w, "/") {
		letters, digits, _ := census(part)
		switch {
		case letters == 0 && digits == len(part) && digits >= longNumber:
			return true
		case letters > 0 && digits > 0 && len(part) >= long && !host(part) && !moment(part):
			return true
		}
	}
	return false
}

// host tells whether s is a host name or an address, perhaps with a port.
func host(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	name, port, ok := strings.Cut(s, ":")
	if letters, _, _ := census(port); ok && (letters > 0 || port == "") {
		return false
	}
	dot := strings.LastIndexByte(name, '.')
	if dot < 1 {
		return false
	}
	letters, _, _ := census(name[dot+1:])
	return letters >= 2 && letters == len(name)-dot-1
}

func moment(s string) bool {
	_, err := time.Parse(time.RFC3339Nano, s)
	return err == nil
}

// uuid tells whether s has the form of a UUID (RFC 9562).
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

// identifier tells whether s is no more than a request or trace id, such as the 55 characters of a traceparent.
func identifier(s string) bool {
	const longest = 55
	return len(s) <= longest && !strings.ContainsFunc(s, func(r rune) bool { return !hex(r) && r != '-' })
}
