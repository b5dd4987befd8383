package main

import (
	"strings"
)

// A style is how text is shown.
type style struct {
	color               string // "" is the default one
	bold, dim, inverted bool
}

// A span is text in one style, in one line.
type span struct {
	text  string
	style style
}

// parse reads lines of text with the escape sequences for colors; it knows those that the tour
// uses.
func parse(text string) (lines [][]span) {
	var now style
	for line := range strings.Lines(text) {
		var spans []span
		for i, part := range strings.Split(strings.TrimRight(line, "\r\n"), "\x1b[") {
			if i > 0 {
				codes, rest, ok := strings.Cut(part, "m")
				if !ok {
					continue
				}
				now = now.with(codes)
				part = rest
			}
			if part != "" {
				spans = append(spans, span{part, now})
			}
		}
		lines = append(lines, spans)
	}
	return lines
}

// with applies the codes of an escape sequence.
func (l style) with(codes string) style {
	colors := map[string]string{"31": red, "32": green, "33": yellow, "34": blue, "35": magenta}
	for code := range strings.SplitSeq(codes, ";") {
		switch code {
		case "0", "":
			l = style{}
		case "1":
			l.bold = true
		case "2":
			l.dim = true
		case "7":
			l.inverted = true
		default:
			l.color = colors[code]
		}
	}
	return l
}
