package redact

import (
	"bytes"
	"encoding/json"
	"strings"
)

// JSON returns what may be shown of a JSON text, in the same structure, without white space: names,
// true, false and null, and the values of listed members. A text that ends early, or stops being
// JSON at some point, ends in … there.
func (r *Redactor) JSON(data []byte) []byte {
	g := guess{redactor: r.orDefault()}
	return g.json(nil, string(data), 0)
}

// json appends what may be shown of a JSON text at this depth.
func (g *guess) json(out []byte, text string, depth int) []byte {
	l := jsonLexer{s: text}
	w := jsonWriter{guess: g, depth: depth, out: out}
	g.steps += len(text)
	for {
		t := l.next()
		switch t.kind {
		case jsonEnd:
			return w.out
		case jsonBroken:
			return append(w.out, "…"...)
		default:
			w.token(t)
		}
	}
}

// foundJSON is the outcome of a look for JSON.
type foundJSON struct {
	ok  bool
	end int // how far it goes, or how far it was looked for
}

// findJSON looks whether text begins with an object or an array. One that breaks off counts, with
// all that follows, if it has a member: it does not look like JSON by accident then.
func (g *guess) findJSON(text string) foundJSON {
	const deepest = 100 // a wall of brackets is not JSON
	l := jsonLexer{s: text}
	named := false
	defer func() { g.steps += l.at }()
	for {
		switch t := l.next(); {
		case t.kind == jsonBroken, t.kind == jsonEnd, len(l.open) > deepest:
			if named {
				return foundJSON{ok: true, end: len(text)}
			}
			return foundJSON{end: max(l.at, 1)}
		case len(l.open) == 0:
			return foundJSON{ok: true, end: l.at}
		default:
			named = named || t.kind == jsonName
		}
	}
}

// jsonWriter writes what may be shown of the tokens of a JSON text.
type jsonWriter struct {
	guess *guess
	depth int
	out   []byte
	open  []level // arrays and objects not closed yet
	field field   // of the member whose value is next
	value bool    // a name has been written, its value has not
	some  bool    // a value has been written at the top
}

// level is an array or an object.
type level struct {
	field  field // of the member it is the value of
	filled bool  // something has been written
}

func (w *jsonWriter) token(t jsonToken) {
	if t.kind == '}' || t.kind == ']' {
		w.open = w.open[:len(w.open)-1]
		w.out = append(w.out, byte(t.kind))
		return
	}
	if w.value {
		w.value = false
	} else {
		w.separate()
	}
	switch t.kind {
	case jsonName:
		name := unquoteJSON(t.text)
		w.quote(w.guess.redactor.Name(name))
		w.out = append(w.out, ':')
		w.field, w.value = w.guess.redactor.field(name), true
		return
	case '{':
		w.out = append(w.out, '{')
		w.open = append(w.open, level{})
	case '[':
		w.out = append(w.out, '[')
		w.open = append(w.open, level{field: w.field})
		return // its values are judged by the same name
	case jsonString:
		w.quote(w.guess.fieldValue(w.field, unquoteJSON(t.text), w.depth))
	case jsonNumber:
		if w.guess.fieldValue(w.field, t.text, w.depth) == t.text {
			w.out = append(w.out, t.text...)
		} else {
			w.quote(Mask)
		}
	default:
		w.out = append(w.out, t.text...)
	}
}

// separate writes the separator between two values, or between two members.
func (w *jsonWriter) separate() {
	if len(w.open) == 0 {
		if w.some {
			w.out = append(w.out, '\n')
		}
		w.some, w.field = true, field{}
		return
	}
	top := &w.open[len(w.open)-1]
	if top.filled {
		w.out = append(w.out, ',')
	}
	top.filled, w.field = true, top.field
}

func (w *jsonWriter) quote(s string) {
	if plainASCII(s) {
		w.out = append(w.out, '"')
		w.out = append(w.out, s...)
		w.out = append(w.out, '"')
		return
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err == nil { // a string into memory: cannot fail
		w.out = append(w.out, bytes.TrimSuffix(b.Bytes(), []byte("\n"))...)
	}
}

// unquoteJSON returns the value of a string literal.
func unquoteJSON(literal string) string {
	if inner := literal[1 : len(literal)-1]; plainASCII(inner) {
		return inner
	}
	var s string
	_ = json.Unmarshal([]byte(literal), &s) // the lexer has checked it
	return s
}

// plainASCII reports whether s needs no escapes in JSON.
func plainASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' })
}
