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
//   - Data goes to stdout, messages go to stderr. With --json the data is JSON: one value per command, and
//     a stream of values for serve.
//   - Messages begin in lower case and have no full stop. An error is two lines, "error: …" and "hint: …";
//     the hint says what to do next.
//   - Secrets come from a terminal, from stdin or from a file, never from an argument. They are never
//     printed, except by `token`.
//   - The program prompts only on a terminal, and never with --no-input.
//   - Colors and anything that moves are for terminals; NO_COLOR, TERM=dumb and --no-color turn them off. A
//     wait of more than a second is shown on the terminal, and erased.
//   - What comes from a server cannot move the cursor: its control characters are escaped in words,
//     in JSON, and in a body that is shown on a terminal. A body that goes elsewhere is unchanged.

// app is the state that the commands share.
type app struct {
	stdio

	getenv   func(string) string
	name     string // how the user runs it
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

// prepare applies the global flags before any command.
func (a *app) prepare() {
	if !a.flags.noColor {
		a.style, a.outStyle = screen.NewStyle(a.err, a.getenv), screen.NewStyle(a.out, a.getenv)
	}
	if a.flags.debug {
		a.logger = slog.New(slog.NewTextHandler(a.err, &slog.HandlerOptions{Level: slog.LevelDebug}))
		a.recorder.Logger = a.logger
		a.progress.On = false // the log says more
	}
	if a.flags.har != "" {
		a.har, _ = har.New(har.Config{}) // the zero configuration is valid
	}
}

// say prints a message.
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

// showTrace draws the requests that were sent.
func (a *app) showTrace() {
	if a.flags.trace {
		_ = waterfall.Draw(a.err, a.style, screen.Width(a.err, 100), a.recorder.Take()) // an error could be shown nowhere else
	}
}

// writeHAR writes the file of --har, also after a command that failed.
func (a *app) writeHAR() error {
	if a.har == nil {
		return nil
	}
	if a.har.Len() == 0 {
		a.say("note: this command sent nothing, so %s was not written", a.flags.har)
		return nil
	}
	if err := a.har.WriteFile(a.flags.har); err != nil {
		return &hinted{err: err, code: exitError, hint: "name a writable file with --har"}
	}
	return nil
}

// field is a line of a description.
func field(name, value string) string {
	return name + strings.Repeat(" ", max(1, 12-len(name))) + value + "\n"
}
