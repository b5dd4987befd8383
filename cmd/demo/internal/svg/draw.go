package main

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// The colors of a dark terminal.
const (
	ground  = "#0d1117"
	frame   = "#30363d"
	ink     = "#e6edf3"
	faint   = "#8b949e"
	red     = "#ff7b72"
	green   = "#3fb950"
	yellow  = "#d29922"
	blue    = "#58a6ff"
	magenta = "#bc8cff"
)

// The measures, in pixels.
const (
	cell   = 8.4 // the width of a column
	row    = 19
	size   = 14
	margin = 20
	bar    = 40 // the height of the window's title
	thick  = 6  // of the bars in the waterfall
)

// draw draws lines in a window.
func draw(w io.Writer, title string, lines [][]span) {
	columns := 0
	for _, line := range lines {
		n := 0
		for _, p := range line {
			n += utf8.RuneCountInString(p.text)
		}
		columns = max(columns, n)
	}
	width, height := float64(columns)*cell+2*margin, float64(bar+len(lines)*row+margin)
	printf(w, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="%d">`+"\n",
		width, height, width, height, size)
	printf(w, "<title>%s</title>\n", escape(title))
	printf(w, `<rect x=".5" y=".5" width="%.0f" height="%.0f" rx="10" fill="%s" stroke="%s"/>`+"\n", width-1, height-1, ground, frame)
	for i, color := range []string{red, yellow, green} {
		printf(w, `<circle cx="%d" cy="20" r="6" fill="%s"/>`+"\n", 24+20*i, color)
	}
	printf(w, `<text x="%.1f" y="25" fill="%s" text-anchor="middle">%s</text>`+"\n", width/2, faint, escape(title))
	for i, line := range lines {
		column := 0
		for _, p := range line {
			drawSpan(w, p, float64(margin)+float64(column)*cell, float64(bar+i*row))
			column += utf8.RuneCountInString(p.text)
		}
	}
	printf(w, "</svg>\n")
}

// drawSpan draws text word by word, so that columns stay columns in every font, and bars as what
// they are.
func drawSpan(w io.Writer, p span, x, y float64) {
	color := p.style.color
	switch {
	case p.style.inverted:
		printf(w, `<rect x="%.1f" y="%.1f" width="%.1f" height="%d" rx="3" fill="%s"/>`+"\n",
			x, y+1, float64(utf8.RuneCountInString(p.text))*cell, row-2, ink)
		color = ground
	case p.style.dim:
		color = faint
	case color == "":
		color = ink
	}
	runes := []rune(p.text)
	for at := 0; at < len(runes); {
		kind, end := kindOf(runes[at]), at+1
		for end < len(runes) && kindOf(runes[end]) == kind {
			end++
		}
		left := x + float64(at)*cell
		switch kind {
		case isBar:
			drawBar(w, runes[at:end], left, y, color)
		case isWord:
			weight := ""
			if p.style.bold {
				weight = ` font-weight="bold"`
			}
			printf(w, `<text x="%.1f" y="%.1f" textLength="%.1f" fill="%s"%s>%s</text>`+"\n",
				left, y+row-5, float64(end-at)*cell, color, weight, escape(string(runes[at:end])))
		case isSpace:
		}
		at = end
	}
}

type kind uint8

const (
	isSpace kind = iota
	isWord
	isBar
)

func kindOf(r rune) kind {
	switch r {
	case ' ':
		return isSpace
	case '━', '╸', '╺':
		return isBar
	default:
		return isWord
	}
}

// drawBar draws a bar that may begin and end in the middle of a column.
func drawBar(w io.Writer, runes []rune, x, y float64, color string) {
	length := float64(len(runes)) * cell
	if runes[0] == '╺' {
		x, length = x+cell/2, length-cell/2
	}
	if runes[len(runes)-1] == '╸' {
		length -= cell / 2
	}
	printf(w, `<rect x="%.1f" y="%.1f" width="%.1f" height="%d" rx="2" fill="%s"/>`+"\n", x, y+(row-thick)/2.0, length, thick, color)
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a strings.Builder takes everything
	return b.String()
}

// printf writes to a [bufio.Writer], whose Flush reports what went wrong.
func printf(w io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) }
