package redact

import "strings"

// headerLines masks the rest of a line behind Authorization:, Cookie: and their kin.
func (g *guess) headerLines(s string) string {
	e := edit{s: s}
	g.steps += len(s)
	for at := 0; at < len(s); at++ {
		end := at + prefixOf(s[at:], "authorization", "cookie")
		if end == at {
			continue
		}
		if end < len(s) && quote(s[end]) {
			end++
		}
		end, ok := g.colon(s, end)
		if !ok {
			continue
		}
		if to := g.skip(s, end, inLine); to > end {
			e.replace(end, to, Mask)
			at = to - 1
		}
	}
	return e.String()
}

// credentials masks the word behind the name of an authentication scheme.
func (g *guess) credentials(s string) string {
	e := edit{s: s}
	g.steps += len(s)
	for at := 0; at < len(s); at++ {
		if at > 0 && wordByte(s[at-1]) {
			continue
		}
		end := at + prefixOf(s[at:], "bearer", "basic", "digest", "dpop", "negotiate", "ntlm")
		if end == at {
			continue
		}
		from := g.skip(s, end, space)
		if to := g.skip(s, from, credentialByte); from > end && to > from {
			e.replace(from, to, Mask)
			at = to - 1
		}
	}
	return e.String()
}

// members redacts what looks like members of JSON objects where the whole is not JSON, also with
// single or escaped quotes.
func (g *guess) members(s string) string {
	const longestName = 320
	e := edit{s: s}
	g.steps += len(s)
	for at := 0; at < len(s); at++ {
		if !quote(s[at]) {
			continue
		}
		from := at + 1
		end := g.skip(s[:min(len(s), from+longestName)], from, memberByte)
		closing := g.skip(s, end, backslash)
		if end == from || closing == len(s) || !quote(s[closing]) {
			continue
		}
		value, ok := g.colon(s, closing+1)
		if !ok {
			continue
		}
		if to := g.value(s, value, bareMemberByte); to > value {
			if shown := g.labeled(s[from:end], s[value:to]); shown == Mask {
				e.replace(value, to, Mask)
			}
			at = to - 1
		}
	}
	return e.String()
}

// pairs redacts the values in name=value.
func (g *guess) pairs(s string) string {
	e := edit{s: s}
	g.steps += len(s)
	for at := 0; at < len(s); at++ {
		end := g.skip(s, at, pairNameByte)
		if end == at {
			continue
		}
		name := s[at:end]
		at = end
		if end == len(s) || s[end] != '=' {
			continue
		}
		if to := g.value(s, end+1, pairValueByte); to > end+1 {
			if shown := g.labeled(name, s[end+1:to]); shown == Mask {
				e.replace(end+1, to, Mask)
			}
			at = to - 1
		}
	}
	return e.String()
}

// value returns the end of a value that begins at at: in quotes, which may be escaped or missing at
// the end, or a run of bare bytes.
func (g *guess) value(s string, at int, bare func(byte) bool) int {
	if at == len(s) {
		return at
	}
	switch s[at] {
	case '"':
		end, _ := g.endOfString(s, at)
		return end
	case '\'':
		return g.behindQuote(s, at+1, '\'')
	case '\\':
		if q := g.skip(s, at, backslash); q < len(s) && s[q] == '"' {
			return g.behindQuote(s, q+1, '"')
		}
	}
	return g.skip(s, at, bare)
}

// behindQuote returns the index behind the next q, or the end of s.
func (g *guess) behindQuote(s string, at int, q byte) int {
	n := strings.IndexByte(s[at:], q)
	if n < 0 {
		g.steps += len(s) - at
		return len(s)
	}
	g.steps += n
	return at + n + 1
}

// labels masks what follows a word such as token or password, unless it reads like the next word of
// a sentence.
func (g *guess) labels(s string) string {
	e := edit{s: s}
	g.steps += len(s)
	for at := 0; at < len(s); at++ {
		end := g.skip(s, at, labelByte)
		if end == at {
			continue
		}
		name := s[at:end]
		at = end
		if !label(name) {
			continue
		}
		from, colon := g.colon(s, end)
		if !colon {
			from = g.skip(s, end, space)
		}
		if from == end || from == len(s) {
			continue
		}
		var to int
		switch s[from] {
		case '"', '\'':
			to = g.behindQuote(s, from+1, s[from])
		default:
			to = g.skip(s, from, bareLabelByte)
		}
		if to > from && (!nextWord(s[from:to]) || colon && password(name)) {
			e.replace(from, to, Mask)
			at = to
		} else {
			at = from
		}
		at--
	}
	return e.String()
}

// colon skips a colon, with the white space around it, from at on. It reports whether there is one.
func (g *guess) colon(s string, at int) (end int, ok bool) {
	i := g.skip(s, at, space)
	if i == len(s) || s[i] != ':' {
		return at, false
	}
	return g.skip(s, i+1, space), true
}

// labeled redacts a value in prose whose name is known. It returns the value or Mask.
func (g *guess) labeled(name, value string) string {
	g.steps += len(name) + len(value)
	switch bare := strings.Trim(value, `\"'`); {
	case bare == "true", bare == "false", bare == "null", bare == "", bare == Mask:
		return value
	case g.redactor.QueryValue(name, bare) == bare:
		return value
	default:
		f := g.redactor.field(name)
		if visible(trustIn(f.listed, f.known && (code(bare) || g.harmless(bare))), bare) == bare {
			return value
		}
		return Mask
	}
}
