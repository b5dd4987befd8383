// Command ticket lists the tickets of a user. It is the program of the guide docs/first-cli.md: a
// small client with a session that survives restarts, in 200 lines.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

const usage = `usage: ticket [-account NAME] COMMAND

  login USER   sign in; asks for the password
  list         show your tickets
  accounts     show who is signed in
  logout       sign out
`

// The exit codes. Scripts can tell "sign in again" from "try again later".
const (
	exitFailed        = 1
	exitUsage         = 2
	exitLoginRequired = 4
	exitTryLater      = 75 // EX_TEMPFAIL of sysexits.h
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	code := exitCode(err)
	if err != nil {
		fmt.Fprintln(os.Stderr, "ticket:", err)
	}
	switch code {
	case exitUsage:
		fmt.Fprint(os.Stderr, usage)
	case exitLoginRequired:
		fmt.Fprintln(os.Stderr, "Sign in with: ticket login USER")
	}
	os.Exit(code)
}

var errUsage = errors.New("wrong arguments")

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("ticket", flag.ContinueOnError)
	flags.Usage = func() {} // main shows it
	account := flags.String("account", "default", "")
	if err := flags.Parse(args); err != nil {
		return errUsage
	}
	a, err := open(ctx, *account)
	if err != nil {
		return err
	}
	defer a.close(ctx)
	switch args := flags.Args(); {
	case len(args) == 2 && args[0] == "login":
		return a.login(ctx, args[1])
	case len(args) == 1 && args[0] == "list":
		return a.list(ctx)
	case len(args) == 1 && args[0] == "accounts":
		return a.accounts(ctx)
	case len(args) == 1 && args[0] == "logout":
		return a.session.Logout(ctx)
	default:
		return errUsage
	}
}

func exitCode(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errUsage):
		return exitUsage
	case errors.Is(err, auth.ErrLoginRequired):
		return exitLoginRequired
	case errors.Is(err, auth.ErrRefreshFailed):
		return exitTryLater
	}
	switch interceptor.KindOf(err) {
	case interceptor.KindConnection, interceptor.KindConnectTimeout, interceptor.KindTimeout:
		return exitTryLater
	default:
		return exitFailed
	}
}
