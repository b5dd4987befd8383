package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/storage/keyring"
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

const exitCodes = `Exit codes:
  0    done
  1    failed
  2    the command line is wrong
  3    the server cannot be reached, or is in trouble
  4    login required
  5    the keyring cannot be used
  130  interrupted
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
func usage(err error) error {
	return &hinted{err: err, code: exitUsage, hint: "run the command with --help"}
}

// inKeyring marks an error of opening the keyring.
func inKeyring(err error) error {
	return &hinted{err: err, code: exitKeyring, hint: "run `demo doctor` to see which keyring works here, or choose one with --backend"}
}

// report prints err with its next step and returns the exit code.
func report(ctx context.Context, w io.Writer, err error) int {
	if err == nil {
		return exitOK
	}
	hint, code := explain(ctx, err)
	_, _ = fmt.Fprintf(w, "error: %v\nhint: %s\n", err, hint)
	return code
}

func explain(ctx context.Context, err error) (hint string, code int) {
	if errors.Is(ctx.Err(), context.Canceled) {
		return "the session is as it was; run the command again", exitInterrupted
	}
	if h, ok := errors.AsType[*hinted](err); ok {
		return h.hint, h.code
	}
	switch {
	case strings.HasPrefix(err.Error(), "unknown command"): // cobra has no type for it
		return "run `demo --help` for the commands", exitUsage
	case errors.Is(err, auth.ErrLoginRequired):
		return "run `demo login`", exitLogin
	case errors.Is(err, auth.ErrSessionUnreadable):
		return "run `demo login` to replace it, or `demo logout` to remove it", exitError
	case errors.Is(err, keyring.ErrLocked):
		return "unlock the keyring, or choose another with --backend", exitKeyring
	case errors.Is(err, auth.ErrRefreshFailed):
		return "the session is kept; try again later", exitNetwork
	}
	switch interceptor.KindOf(err) {
	case interceptor.KindConnection, interceptor.KindConnectTimeout, interceptor.KindTimeout:
		return "is the server running? start one with `demo serve`, or name another with --base-url", exitNetwork
	default:
		return "run the command with --help for its options", exitError
	}
}
