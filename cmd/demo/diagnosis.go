package main

import (
	"os"
	"strings"
	"unicode/utf8"

	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/screen"
)

// describeDiagnosis returns the diagnosis as one screen of text.
func (a *app) describeDiagnosis(d diagnosis) string {
	var b strings.Builder
	b.WriteString(field("place", string(d.Place)))
	var elsewhere []string
	for i, f := range d.Backends {
		title := ""
		if i == 0 {
			title = "keyrings"
		}
		if f.elsewhere && !f.Selected {
			elsewhere = append(elsewhere, f.Backend)
			continue
		}
		b.WriteString(field(title, a.describeFinding(f)))
	}
	if len(elsewhere) > 0 {
		b.WriteString(field("", a.outStyle.Dim("- "+strings.Join(elsewhere, ", ")+": for other systems")))
	}
	b.WriteString("\n")
	for i, line := range d.Next {
		title := ""
		if i == 0 {
			title = "what to do"
		}
		if !strings.HasPrefix(line, " ") { // else it is a command, to be copied
			line = wrap(line, screen.Width(a.out, 100), 12)
		}
		b.WriteString(field(title, line))
	}
	return b.String()
}

// describeFinding is a line about one backend, and more if the reason is long.
func (a *app) describeFinding(f finding) string {
	const column = 18
	name := f.Backend + strings.Repeat(" ", max(1, column-utf8.RuneCountInString(f.Backend)))
	rest := f.Reason
	switch {
	case f.Holds && f.Usable:
		rest = "works, and holds the key of the session"
	case f.Holds:
		rest = "holds the key of the session, but: " + f.Reason
	case f.Selected && f.Usable:
		rest = "works, and would be used"
	case f.Selected:
		rest = "would be used, but: " + f.Reason
	case f.Usable:
		rest = "works"
	}
	if f.Selected || f.Holds {
		name = a.outStyle.Bold(name)
	}
	return a.outStyle.Mark(f.Usable) + " " + name + wrap(rest, screen.Width(a.out, 100), 12+2+column)
}

// wrap breaks text into lines, all but the first of which are indented.
func wrap(text string, width, indent int) string {
	var b strings.Builder
	column := indent
	for i, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case i > 0 && column+1+n > max(width, indent+20):
			b.WriteString("\n" + strings.Repeat(" ", indent))
			column = indent
		case i > 0:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += n
	}
	return b.String()
}

// sentence makes a sentence of words that begin in lower case.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

func fileExists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// hasTerminal reports whether anybody can be prompted.
func (a *app) hasTerminal() bool {
	return screen.IsTerminal(a.in) || screen.IsTerminal(a.out) || screen.IsTerminal(a.err)
}
