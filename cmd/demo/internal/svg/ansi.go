package main

import (
	"strings"
)

// A look is how a piece of text is shown.
type look struct {
	color               string // "" is the usual one
	bold, dim, inverted bool
}

// A piece is text with one look, in one line.
type piece struct {
	text string
	look look
}

// parse reads lines of text with the escape sequences for colors; it knows those that the tour uses.
func parse(text string) (lines [][]piece) {
	var now look
	for line := range strings.Lines(text) {
		var pieces []piece
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
				pieces = append(pieces, piece{part, now})
			}
		}
		lines = append(lines, pieces)
	}
	return lines
}

// with applies the codes of an escape sequence.
func (l look) with(codes string) look {
	colors := map[string]string{"31": red, "32": green, "33": yellow, "34": blue, "35": magenta}
	for code := range strings.SplitSeq(codes, ";") {
		switch code {
		case "0", "":
			l = look{}
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
