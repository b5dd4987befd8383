package main

import (
	"fmt"
	"io"
	"net/http"
	"os"

	"golang.org/x/term"
)

// painter colors text, or leaves it as it is.
type painter struct{ on bool }

// newPainter colors what goes to a terminal, unless the environment says otherwise (https://no-color.org).
func newPainter(w io.Writer, getenv func(string) string) painter {
	f, ok := w.(*os.File)
	return painter{on: ok && term.IsTerminal(int(f.Fd())) && getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"}
}

func (p painter) paint(code, s string) string {
	if !p.on {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (p painter) bold(s string) string   { return p.paint("1", s) }
func (p painter) dim(s string) string    { return p.paint("2", s) }
func (p painter) red(s string) string    { return p.paint("31", s) }
func (p painter) green(s string) string  { return p.paint("32", s) }
func (p painter) yellow(s string) string { return p.paint("33", s) }

// status is a status code in the color of its class.
func (p painter) status(code int) string {
	text := fmt.Sprintf("%3d", code)
	switch {
	case code == 0:
		return p.red("---")
	case code >= http.StatusInternalServerError:
		return p.red(text)
	case code >= http.StatusBadRequest:
		return p.yellow(text)
	default:
		return p.green(text)
	}
}

// mark says whether something held.
func (p painter) mark(held bool) string {
	if held {
		return p.green("✓")
	}
	return p.red("✗")
}
