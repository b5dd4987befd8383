package redact

import (
	"strconv"
	"strings"

	"github.com/chatelaine-go/chatelaine/internal/escape"
)

// The files guess*.go hold heuristics. The rest of the package decides by listed names;
// here only the form of the text is known. A guess shows a secret that looks like a
// word, and masks a word that looks like a secret. Rules that need no guess belong elsewhere.
//
// All of it is linear in the length of the text, and nests no deeper than maxDepth: servers choose
// these texts. TestGrowth counts the steps.

// MaxText is the length in bytes up to which a text, a header value or a URL is looked into. Of a
// longer one [Redactor.Text] and [Redactor.HeaderValue] return the size, and [Redactor.URL] scheme
// and host.
const MaxText = 64 << 10

// maxDepth bounds how often a text within a text (quoted, or in a member of a JSON object) is
// looked into.
const maxDepth = 3

// Text returns what may be shown of free text, such as the message of an error: URLs as
// [Redactor.URL] shows them, JSON as [Redactor.JSON] does, of name=value the value if the name is
// listed, nothing behind Authorization:, Bearer, password: and the like, no word that looks like a
// token, and none of the known secrets of 4 bytes or more, which [Redactor.Secrets] collects.
//
// Control characters other than line feeds and tabs are escaped. Of a text longer than [MaxText],
// or one that comes with more than [MaxText] bytes of known secrets, it returns only the size. The
// package comment lists what it cannot find.
func (r *Redactor) Text(s string, known ...string) string {
	if len(s) > MaxText {
		return size(s)
	}
	safe, ok := replaceKnown(s, known)
	if !ok {
		return size(s)
	}
	g := guess{redactor: r.orDefault()}
	return escape.Text(g.text(safe, 0))
}

// size stands for a text that is too long to be looked into.
func size(s string) string { return "[" + strconv.Itoa(len(s)) + " bytes]" }

// guess is the work on one text.
type guess struct {
	redactor Redactor
	steps    int // bytes looked at; tests hold it to be linear
}

// text splits s into URLs, JSON and prose, and redacts each.
func (g *guess) text(s string, depth int) string {
	var (
		b      []byte
		from   int             // beginning of the prose not written yet
		url    = span{to: -1}  // the next URL, once it has been looked for
		budget = 4*len(s) + 64 // steps for braces that turn out not to begin JSON
	)
	for at := 0; at < len(s); {
		if url.from < at || url.to < 0 {
			url = g.nextURL(s, at)
		}
		brace := strings.IndexAny(s[at:url.from], "{[")
		switch {
		case brace < 0 && url.from == len(s):
			at = len(s)
		case brace < 0:
			link := strings.TrimRight(s[url.from:url.to], ".,:;)]}")
			b = append(b, g.prose(s[from:url.from], depth)...)
			b = append(b, g.redactor.URLString(link)...)
			at = url.from + len(link)
			from = at
		default:
			at += brace
			if budget <= 0 {
				at++
				continue
			}
			found := g.findJSON(s[at:])
			if !found.ok {
				budget -= found.end
				at++
				continue
			}
			b = append(b, g.prose(s[from:at], depth)...)
			b = g.json(b, s[at:at+found.end], depth)
			at += found.end
			from = at
		}
	}
	if from == 0 {
		return g.prose(s, depth)
	}
	b = append(b, g.prose(s[from:], depth)...)
	return string(b)
}

// span is a part of a text.
type span struct{ from, to int }

// nextURL finds the first URL with a scheme and an authority at or after at. Without one the span
// is empty, at the end of s.
func (g *guess) nextURL(s string, at int) span {
	const mark = "://"
	for look := at; ; {
		n := strings.Index(s[look:], mark)
		if n < 0 {
			g.steps += len(s) - look
			return span{len(s), len(s)}
		}
		g.steps += n
		colon := look + n
		from := colon
		for from > look && schemeByte(s[from-1]) {
			from--
		}
		random := tokenLike(s[from:colon]) // then it is a word of the prose, whatever follows
		for from < colon && !letter(rune(s[from])) {
			from++
		}
		g.steps += colon - look
		look = colon + len(mark)
		if from == colon || random {
			continue // that is not a scheme
		}
		if to := g.skip(s, look, urlByte); to > look {
			return span{from, to}
		}
	}
}

// prose redacts text without URLs and JSON. Each pass sees what those before it have left.
func (g *guess) prose(s string, depth int) string {
	if s == "" {
		return s
	}
	s = g.quoted(s, depth)
	s = g.headerLines(s)
	s = g.credentials(s)
	s = g.members(s)
	s = g.pairs(s)
	s = g.labels(s)
	return g.words(s)
}

// harmless reports whether a value can be shown unchanged. It is stricter than text, because it
// looks into nothing: a value with a structure of its own is not harmless.
func (g *guess) harmless(value string) bool {
	if strings.ContainsAny(value, "={[\"'\\") || strings.Contains(value, "://") {
		return false
	}
	return g.words(g.labels(g.credentials(g.headerLines(value)))) == value
}

// quoted redacts the texts in double quotes that hold escapes, such as JSON in an error of fmt's
// %q.
func (g *guess) quoted(s string, depth int) string {
	if depth >= maxDepth || !strings.Contains(s, `\`) {
		return s
	}
	e := edit{s: s}
	for at := 0; at < len(s); {
		open := strings.IndexByte(s[at:], '"')
		if open < 0 {
			break
		}
		g.steps += open
		open += at
		end, closed := g.endOfString(s, open)
		if !closed {
			break // nor is any later one: each of its quotes has been seen, and is escaped
		}
		if q := s[open:end]; strings.Contains(q, `\`) {
			if inner, err := strconv.Unquote(q); err == nil {
				e.replace(open, end, strconv.Quote(g.text(inner, depth+1)))
			}
		}
		at = end
	}
	return e.String()
}

// endOfString returns where the string in double quotes ends that begins at open, and whether it is
// closed.
func (g *guess) endOfString(s string, open int) (end int, closed bool) {
	for i := open + 1; i < len(s); i++ {
		g.steps++
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1, true
		}
	}
	return len(s), false
}

// skip returns the end of the run of bytes in s for which in is true, beginning at at.
func (g *guess) skip(s string, at int, in func(byte) bool) int {
	from := at
	for at < len(s) && in(s[at]) {
		at++
	}
	g.steps += at - from + 1
	return at
}
