package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"

	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/screen"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/waterfall"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/wire"
	"github.com/chatelaine-go/chatelaine/interceptor/har"
)

// The rules for everything that is printed:
//
//   - Data goes to stdout, words go to stderr. With --json the data is JSON, one value per command, and a stream of them for serve.
//   - Words begin in lower case and have no full stop. An error is two lines, "error: …" and "hint: …"; the hint is what to do next.
//   - Secrets come from a terminal, from stdin or from a file that only its owner can read, never from an argument. They are
//     never printed, but for `token`, which is asked for one.
//   - There are questions only where somebody can answer them, and none with --no-input.
//   - Colors and anything that moves are for terminals, and NO_COLOR, TERM=dumb and --no-color turn them off. What is waited for
//     longer than a second is named on the terminal, and erased.
//   - What comes from a server cannot move the cursor: its control characters are escaped in words,
//     in JSON, and in a body that is shown on a terminal. A body that goes elsewhere is unchanged.

// app is what the commands share.
type app struct {
	stdio

	getenv   func(string) string
	name     string // how it is called
	flags    flags
	style    screen.Style // of stderr
	outStyle screen.Style // of stdout
	progress *screen.Progress
	asking   sync.Mutex // held while a prompt has the terminal
	recorder *wire.Recorder
	har      *har.Recorder // nil without --har
	logger   *slog.Logger  // nil without --debug
}

func newApp(getenv func(string) string, std stdio) *app {
	return &app{
		stdio: std, getenv: getenv, name: commandName(), recorder: new(wire.Recorder),
		progress: &screen.Progress{W: std.err, On: screen.IsTerminal(std.err) && getenv("TERM") != "dumb"},
	}
}

// prepare does what the global flags say, before any command.
func (a *app) prepare() {
	if !a.flags.noColor {
		a.style, a.outStyle = screen.NewStyle(a.err, a.getenv), screen.NewStyle(a.out, a.getenv)
	}
	if a.flags.debug {
		a.logger = slog.New(slog.NewTextHandler(a.err, &slog.HandlerOptions{Level: slog.LevelDebug}))
		a.recorder.Logger = a.logger
		a.progress.On = false // the records tell more
	}
	if a.flags.har != "" {
		a.har, _ = har.New(har.Config{}) // nothing in it that could be wrong
	}
}

// say prints words.
func (a *app) say(format string, args ...any) {
	_, _ = fmt.Fprintf(a.err, format+"\n", args...)
}

// print prints data.
func (a *app) print(text string) error {
	_, err := io.WriteString(a.out, text)
	return err
}

// printJSON prints data for programs.
func (a *app) printJSON(v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if screen.IsTerminal(a.out) {
		e.SetIndent("", "  ")
	}
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := a.out.Write(screen.EscapeJSON(b.Bytes()))
	return err
}

// showTrace draws what went over the wire.
func (a *app) showTrace() {
	if a.flags.trace {
		_ = waterfall.Draw(a.err, a.style, screen.Width(a.err, 100), a.recorder.Take()) // where errors would go, too
	}
}

// writeHAR writes what --har asked for, also of a command that failed.
func (a *app) writeHAR() error {
	if a.har == nil {
		return nil
	}
	if a.har.Len() == 0 {
		a.say("note: this command sent nothing, so there is no %s", a.flags.har)
		return nil
	}
	if err := a.har.WriteFile(a.flags.har); err != nil {
		return &hinted{err: err, code: exitError, hint: "name a file that can be written with --har"}
	}
	return nil
}

// field is a line of a description.
func field(name, value string) string {
	return name + strings.Repeat(" ", max(1, 12-len(name))) + value + "\n"
}
