package redact

import "strings"

// edit is a text in which spans are replaced, from left to right.
type edit struct {
	s    string
	b    strings.Builder
	done int
}

func (e *edit) replace(from, to int, with string) {
	e.b.WriteString(e.s[e.done:from])
	e.b.WriteString(with)
	e.done = to
}

func (e *edit) String() string {
	if e.done == 0 && e.b.Len() == 0 {
		return e.s
	}
	e.b.WriteString(e.s[e.done:])
	return e.b.String()
}
