package redact

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	urls    = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://[^\s"'<>\x60\\]+`)
	quotes  = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	pairs   = regexp.MustCompile(`[\w.\-\[\]]+=("(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s&;,"'(){}]+)`)
	members = regexp.MustCompile(`(\\*["'])([^"'\\]{1,80})(\\*["']\s*:\s*)(\\+"[^"]*"?|"(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s,}\]"']+)`)
	lines   = regexp.MustCompile(`(?i)((?:proxy-)?authorization|(?:set-)?cookie)(["']?\s*:\s*)[^\r\n]+`)
	schemes = regexp.MustCompile(`(?i)\b(bearer|basic|digest|dpop|negotiate|ntlm)(\s+)[^\s"']+`)
	named   = regexp.MustCompile(`(?i)\b([\w-]*(?:token|secret|passw(?:or)?d|passphrase|pwd|api[_-]?key|credentials?|` +
		`signature|jwt|otp|session(?:[_-]?id)?))(\s*:\s*|\s+)("[^"]*"?|'[^']*'?|[^\s"',;)]+)`)
)

// Text returns what may be shown of free text, such as the message of an error: URLs as by URL, JSON as by JSON, of
// name=value the value if name is listed, nothing behind Authorization:, Bearer, password: and the like, no word that
// looks like a token, and none of the known secrets of 4 bytes or more, which [Redactor.Secrets] collects. For what it
// cannot find see the package comment.
func (r *Redactor) Text(s string, known ...string) string { return r.text(replaceKnown(s, known), 0) }

// text splits s into URLs, JSON and prose.
func (r *Redactor) text(s string, depth int) string {
	var b strings.Builder
	tries := 0
	for s != "" {
		at := len(s)
		span := urls.FindStringIndex(s)
		if span != nil {
			at = span[0]
		}
		if before, shown, rest, ok := r.findJSON(s, at, &tries); ok {
			b.WriteString(r.prose(before, depth) + shown)
			s = rest
			continue
		}
		b.WriteString(r.prose(s[:at], depth))
		s = s[at:]
		if span != nil {
			text := strings.TrimRight(s[:span[1]-span[0]], ".,:;)]}")
			b.WriteString(r.URLString(text))
			s = s[len(text):]
		}
	}
	return b.String()
}

// findJSON looks for JSON that begins in s[:end], as often as tries allows: a brace that is none costs a look at all that
// follows.
func (r *Redactor) findJSON(s string, end int, tries *int) (before, shown, rest string, ok bool) {
	const most = 16
	for at := 0; at < end && *tries < most; at++ {
		n := strings.IndexAny(s[at:end], "{[")
		if n < 0 {
			break
		}
		at += n
		if shown, rest, ok = r.embedded(s[at:]); ok {
			return s[:at], shown, rest, true
		}
		*tries++
	}
	return "", "", "", false
}

// prose redacts text that holds neither, and looks into what is quoted in it.
func (r *Redactor) prose(s string, depth int) string {
	const deep = 3
	s = quotes.ReplaceAllStringFunc(s, func(q string) string {
		inner, err := strconv.Unquote(q)
		if err != nil || depth >= deep || !strings.Contains(q, `\`) {
			return q
		}
		return strconv.Quote(r.text(inner, depth+1))
	})
	s = lines.ReplaceAllString(s, "${1}${2}"+Mask)
	s = schemes.ReplaceAllString(s, "${1}${2}"+Mask)
	s = members.ReplaceAllStringFunc(s, func(m string) string {
		g := members.FindStringSubmatch(m)
		return g[1] + g[2] + g[3] + r.labeled(g[2], g[4])
	})
	s = pairs.ReplaceAllStringFunc(s, func(pair string) string {
		name, value, _ := strings.Cut(pair, "=")
		return name + "=" + r.labeled(name, value)
	})
	s = named.ReplaceAllStringFunc(s, func(m string) string {
		g := named.FindStringSubmatch(m)
		if word(g[3]) && (!password(g[1]) || !strings.Contains(g[2], ":")) {
			return m
		}
		return g[1] + g[2] + Mask
	})
	return maskWords(s)
}

// password tells whether what follows name and a colon is no part of a sentence.
func password(name string) bool {
	name = strings.ToLower(name)
	return strings.Contains(name, "pass") || strings.Contains(name, "pwd") || strings.HasSuffix(name, "secret")
}

// labeled redacts a value whose name is known.
func (r *Redactor) labeled(name, value string) string {
	switch bare := strings.Trim(value, `\"'`); {
	case bare == "true", bare == "false", bare == "null", bare == "", bare == Mask:
		return value
	case r.FieldValue(name, bare) == bare, r.QueryValue(name, bare) == bare:
		return value
	default:
		return Mask
	}
}

// word tells whether s can be the next word of a sentence: "token expired", "session: not found".
func word(s string) bool {
	const longest = 12
	return s == Mask || len(s) <= longest && !strings.ContainsFunc(strings.TrimRight(s, ".:!"), func(r rune) bool {
		return r < 'a' || r > 'z'
	})
}

func maskWords(s string) string {
	var b strings.Builder
	for s != "" {
		n := strings.IndexFunc(s, betweenWords)
		if n < 0 {
			n = len(s)
		}
		if w := s[:n]; suspicious(w) {
			b.WriteString(Mask)
		} else {
			b.WriteString(w)
		}
		s = s[n:]
		if s != "" {
			b.WriteByte(s[0]) // all that is between words is ASCII
			s = s[1:]
		}
	}
	return b.String()
}

// replaceKnown masks the secrets in s, also where they are escaped.
func replaceKnown(s string, known []string) string {
	if len(known) == 0 {
		return s
	}
	known = slices.Clone(known)
	slices.SortFunc(known, func(a, b string) int { return len(b) - len(a) })
	for _, secret := range known {
		if len(secret) < shortest {
			continue
		}
		quoted := strconv.Quote(secret)
		for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret), quoted[1 : len(quoted)-1]} {
			s = strings.ReplaceAll(s, form, Mask)
		}
	}
	return s
}

// shortest is the length from which on a secret can be found in a text without finding it everywhere.
const shortest = 4
