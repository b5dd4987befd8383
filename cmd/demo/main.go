// Command demo shows Chatelaine at work: a tour that checks its own claims, a server to play with,
// and the commands of a program that keeps a session.
//
//	go run ./cmd/demo tour
package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Getenv, stdio{os.Stdin, os.Stdout, os.Stderr}))
}

// stdio holds the streams of a command.
type stdio struct {
	in       io.Reader
	out, err io.Writer
}

// run executes one command line and returns the exit code.
//
// The first interrupt ends the context: requests stop, and a refresh under way is finished and
// saved. The second one kills the program. A closed pipe (SIGPIPE) must not kill it, because a
// refresh may be under way.
func run(ctx context.Context, args []string, getenv func(string) string, std stdio) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	context.AfterFunc(ctx, stop)
	pipes := make(chan os.Signal, 1)
	signal.Notify(pipes, syscall.SIGPIPE)
	defer signal.Stop(pipes)

	a := newApp(getenv, std)
	root := newRoot(a)
	root.SetArgs(args)
	root.SetIn(std.in)
	root.SetOut(std.out)
	root.SetErr(std.err)
	err := root.ExecuteContext(ctx)
	a.asking.Lock() // an interrupted prompt has to restore the terminal, and the keyring waits only a moment for it
	a.showTrace()
	return a.report(ctx, errors.Join(err, a.writeHAR()))
}
