// Package screen writes to terminals: colors, a width, a line that shows what the program waits
// for, and escapes for text that others have chosen.
package screen

import (
	"fmt"
	"io"
	"net/http"
	"os"

	"golang.org/x/term"
)

// Style colors text. The zero value leaves it unchanged.
type Style struct{ on bool }

// NewStyle colors what goes to a terminal, unless the environment says otherwise: NO_COLOR
// (https://no-color.org), TERM=dumb, and CLICOLOR_FORCE (https://bixense.com/clicolors) for what
// goes elsewhere.
func NewStyle(w any, getenv func(string) string) Style {
	switch {
	case getenv("NO_COLOR") != "":
		return Style{}
	case getenv("CLICOLOR_FORCE") != "" && getenv("CLICOLOR_FORCE") != "0":
		return Style{on: true}
	default:
		return Style{on: IsTerminal(w) && getenv("TERM") != "dumb"}
	}
}

// Colored colors whatever it is given.
func Colored() Style { return Style{on: true} }

// The colors are of the sixteen that every terminal shows in its own theme.

// Bold is for what is read first.
func (s Style) Bold(text string) string { return s.paint("1", text) }

// Dim is for what is read last.
func (s Style) Dim(text string) string { return s.paint("2", text) }

// Invert is for headings.
func (s Style) Invert(text string) string { return s.paint("1;7", text) }

// Red is for failures.
func (s Style) Red(text string) string { return s.paint("31", text) }

// Green is for what went well.
func (s Style) Green(text string) string { return s.paint("32", text) }

// Yellow is for refusals and hints.
func (s Style) Yellow(text string) string { return s.paint("33", text) }

// Blue is for logins.
func (s Style) Blue(text string) string { return s.paint("34", text) }

// Magenta is for refreshes.
func (s Style) Magenta(text string) string { return s.paint("35", text) }

func (s Style) paint(code, text string) string {
	if !s.on || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// Mark is a tick or a cross.
func (s Style) Mark(held bool) string {
	if held {
		return s.Green("✓")
	}
	return s.Red("✗")
}

// Status is a status code, three columns wide, in the color of its class; 0 stands for no response.
func (s Style) Status(code int) string {
	text := fmt.Sprintf("%3d", code)
	switch {
	case code == 0:
		return s.Red("---")
	case code >= http.StatusInternalServerError:
		return s.Red(text)
	case code >= http.StatusBadRequest:
		return s.Yellow(text)
	default:
		return s.Green(text)
	}
}

// IsTerminal reports whether f is a terminal.
func IsTerminal(f any) bool {
	file, ok := f.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// Width is the number of columns of the terminal w, and otherwise columns.
func Width(w io.Writer, columns int) int {
	if file, ok := w.(*os.File); ok {
		if width, _, err := term.GetSize(int(file.Fd())); err == nil && width > 0 {
			return width
		}
	}
	return columns
}
