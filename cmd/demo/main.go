// Command demo shows and tries out Chatelaine: a tour that checks its own claims, a server to play with, and the commands of a
// program that keeps a session.
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

// stdio is what a command reads and writes.
type stdio struct {
	in       io.Reader
	out, err io.Writer
}

// run executes one command line and returns the exit code.
//
// The first interrupt ends the context: requests stop, a refresh under way is waited for and saved. The second one ends the
// program. A reader that goes away must not end it (SIGPIPE), because a refresh may be under way just then.
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
	a.asking.Lock() // an interrupted prompt has to give the terminal back, and the keyring waits for it a moment only
	a.showTrace()
	return a.report(ctx, errors.Join(err, a.writeHAR()))
}
