package redact

import "strings"

// label reports whether what follows name may be a secret.
func label(name string) bool {
	const longest = 11 // of the endings below
	tail := strings.ToLower(name[max(0, len(name)-longest):])
	for _, end := range []string{
		"token", "secret", "password", "passwd", "passphrase", "pwd", "apikey", "api_key", "api-key", "credential",
		"credentials", "signature", "jwt", "otp", "session", "sessionid", "session_id", "session-id",
	} {
		if strings.HasSuffix(tail, end) {
			return true
		}
	}
	return false
}

// password reports whether what follows name and a colon is not part of a sentence.
func password(name string) bool {
	name = strings.ToLower(name)
	return strings.Contains(name, "pass") || strings.Contains(name, "pwd") || strings.HasSuffix(name, "secret")
}

// nextWord reports whether s can be the next word of a sentence: "token expired", "session: not
// found".
func nextWord(s string) bool {
	const longest = 12
	return s == Mask || len(s) <= longest && !strings.ContainsFunc(strings.TrimRight(s, ".:!"), func(r rune) bool {
		return r < 'a' || r > 'z'
	})
}

// prefixOf returns the length of the first of the words, in lower case, that s begins with in any
// case; 0 if there is none.
func prefixOf(s string, words ...string) int {
	for _, w := range words {
		if len(s) >= len(w) && s[0]|0x20 == w[0] && strings.EqualFold(s[:len(w)], w) {
			return len(w)
		}
	}
	return 0
}
