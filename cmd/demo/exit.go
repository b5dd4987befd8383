package main

import (
	"context"
	"errors"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/screen"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

// The exit codes, after gh's.
const (
	exitOK          = 0
	exitError       = 1
	exitUsage       = 2
	exitNetwork     = 3
	exitLogin       = 4
	exitKeyring     = 5
	exitInterrupted = 130
)

const exitCodes = `  0    done
  1    failed for another reason
  2    the command line or the configuration is wrong
  3    the server cannot be reached or is in trouble (429, 5xx); try again later
  4    login required
  5    the keyring cannot be used
  130  interrupted; the session is intact
`

// hinted is an error with a next step for the user.
type hinted struct {
	err  error
	hint string
	code int
}

func (h *hinted) Error() string { return h.err.Error() }
func (h *hinted) Unwrap() error { return h.err }

// usage is an error of the command line.
func usage(err error, cmd *cobra.Command) *hinted {
	return &hinted{err: err, code: exitUsage, hint: "run `" + cmd.CommandPath() + " --help` for how it is used"}
}

// report prints err with its next step, and returns the exit code.
func (a *app) report(ctx context.Context, err error) int {
	if err == nil || errors.Is(err, syscall.EPIPE) { // the reader of stdout has closed it
		return exitOK
	}
	hint, code := explain(ctx, err)
	what := message(err)
	if code == exitInterrupted {
		what = "interrupted"
	}
	a.say("%s %s", a.style.Red("error:"), what)
	a.say("%s %s", a.style.Yellow("hint:"), a.called(hint))
	return code
}

// message returns err in one line. The error of net/http around an interceptor's quotes the whole
// URL, so it is left out.
func message(err error) string {
	if h, ok := errors.AsType[*hinted](err); ok {
		err = h
	} else if e, ok := errors.AsType[*interceptor.Error](err); ok {
		err = e
	}
	return screen.Escape(strings.ReplaceAll(err.Error(), "\n", "; "))
}

// explain returns what to do next, and the exit code.
func explain(ctx context.Context, err error) (hint string, code int) {
	if errors.Is(ctx.Err(), context.Canceled) {
		return "the session is intact; run the command again", exitInterrupted
	}
	if h, ok := errors.AsType[*hinted](err); ok {
		return h.hint, h.code
	}
	for _, explain := range []func(error) (string, int){explainSession, explainKeyring, explainStatus, explainNetwork} {
		if hint, code := explain(err); code != exitOK {
			return hint, code
		}
	}
	return "run the command with --debug for more", exitError
}
