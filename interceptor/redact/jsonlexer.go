package redact

import "strings"

// jsonKind is the kind of a token: one of the constants, or the delimiter itself.
type jsonKind byte

const (
	jsonEnd     jsonKind = iota // of the text, between two values
	jsonBroken                  // what follows is not JSON, or the text ends within a value
	jsonName                    // of a member
	jsonString                  //
	jsonNumber                  //
	jsonLiteral                 // true, false, null
)

// jsonToken is a token of a JSON text. Text is the token as written; delimiters have none.
type jsonToken struct {
	kind jsonKind
	text string
}

// jsonLexer splits a text into the tokens of JSON values that follow each other (RFC 8259). Unlike
// [encoding/json.Decoder] it reads a string in place, so it costs nothing where it soon gives up.
type jsonLexer struct {
	s    string
	at   int    // how far it has been looked at
	open []byte // the closing delimiters of what is open
	want wanted
	bad  bool // what follows is not JSON
}

// wanted is what may come next.
type wanted uint8

const (
	wantValue  wanted = iota
	wantFirst         // a value, or the end of the array
	wantName          // of a member
	wantMember        // a name, or the end of the object
	wantColon
	wantComma // or the end of what is open
)

// next returns the next token. After jsonEnd or jsonBroken it returns the same again.
func (l *jsonLexer) next() jsonToken {
	for !l.bad {
		for l.at < len(l.s) && strings.IndexByte(" \t\r\n", l.s[l.at]) >= 0 {
			l.at++
		}
		if l.at == len(l.s) {
			if len(l.open) == 0 {
				return jsonToken{kind: jsonEnd}
			}
			break
		}
		c := l.s[l.at]
		switch {
		case l.separator(c):
			l.at++
		case l.mayClose() && c == l.open[len(l.open)-1]:
			l.at++
			l.open = l.open[:len(l.open)-1]
			l.done()
			return jsonToken{kind: jsonKind(c)}
		case l.want == wantName || l.want == wantMember:
			return l.scalar(jsonName, stringEnd(l.s[l.at:]))
		case l.want == wantValue || l.want == wantFirst:
			return l.value(c)
		default:
			l.bad = true
		}
	}
	return jsonToken{kind: jsonBroken}
}

// separator reports whether c is the colon or the comma that is wanted, and notes what it makes
// wanted.
func (l *jsonLexer) separator(c byte) bool {
	switch {
	case l.want == wantColon && c == ':':
		l.want = wantValue
	case l.want == wantComma && c == ',':
		l.want = wantValue
		if l.open[len(l.open)-1] == '}' {
			l.want = wantName
		}
	default:
		return false
	}
	return true
}

// mayClose reports whether what is open may end here.
func (l *jsonLexer) mayClose() bool {
	return l.want == wantFirst || l.want == wantMember || l.want == wantComma
}

func (l *jsonLexer) value(c byte) jsonToken {
	switch {
	case c == '{':
		l.at++
		l.open, l.want = append(l.open, '}'), wantMember
		return jsonToken{kind: '{'}
	case c == '[':
		l.at++
		l.open, l.want = append(l.open, ']'), wantFirst
		return jsonToken{kind: '['}
	case c == '"':
		return l.scalar(jsonString, stringEnd(l.s[l.at:]))
	case c == '-' || digit(rune(c)):
		return l.scalar(jsonNumber, numberEnd(l.s[l.at:]))
	}
	for _, word := range []string{"true", "false", "null"} {
		if strings.HasPrefix(l.s[l.at:], word) {
			return l.scalar(jsonLiteral, len(word))
		}
	}
	return l.scalar(jsonLiteral, 0)
}

// scalar returns the token of n bytes. If n is not positive there is none, and -n bytes have been
// looked at.
func (l *jsonLexer) scalar(kind jsonKind, n int) jsonToken {
	if n <= 0 {
		l.at, l.bad = l.at-n, true
		return jsonToken{kind: jsonBroken}
	}
	t := jsonToken{kind: kind, text: l.s[l.at : l.at+n]}
	l.at += n
	if kind == jsonName {
		l.want = wantColon
	} else {
		l.done()
	}
	return t
}

// done notes that a value is complete.
func (l *jsonLexer) done() {
	l.want = wantComma
	if len(l.open) == 0 {
		l.want = wantValue
	}
}

// stringEnd returns the length of the string literal that s begins with; if it is not one, or
// breaks off, minus the number of bytes looked at.
func stringEnd(s string) int {
	if s[0] != '"' {
		return 0
	}
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return i + 1
		case c < ' ':
			return -i
		case c == '\\':
			i++
			if i == len(s) {
				return -len(s)
			}
			if s[i] == 'u' {
				for range 4 {
					i++
					if i >= len(s) || !hex(rune(s[i])) {
						return -min(i, len(s))
					}
				}
			} else if strings.IndexByte(`"\/bfnrt`, s[i]) < 0 {
				return -i
			}
		}
	}
	return -len(s)
}

// numberEnd returns the length of the number that s begins with, 0 if it is not one.
func numberEnd(s string) int {
	i := 0
	digits := func() bool {
		from := i
		for i < len(s) && digit(rune(s[i])) {
			i++
		}
		return i > from
	}
	at := func(c string) bool { return i < len(s) && strings.IndexByte(c, s[i]) >= 0 }
	if at("-") {
		i++
	}
	if at("0") {
		i++
	} else if !digits() {
		return 0
	}
	if at(".") {
		i++
		if !digits() {
			return 0
		}
	}
	if at("eE") {
		i++
		if at("+-") {
			i++
		}
		if !digits() {
			return 0
		}
	}
	return i
}
