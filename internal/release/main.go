// Release tries a release of all modules of the repository without publishing anything. It clones
// HEAD, takes the replace directives out, serves the modules from a proxy on disk, and builds a
// program that requires them as a user would. It prints the steps of the real release.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
)

func main() {
	version := flag.String("version", "v0.0.0-check", "version to try")
	repo := flag.String("repo", ".", "root of the repository")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *repo, *version)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, repo, version string) (err error) {
	dir, err := os.MkdirTemp("", "chatelaine-release-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	r := release{version: version, dir: dir}
	defer func() {
		if forgotten := r.forget(context.WithoutCancel(ctx)); err == nil {
			err = forgotten
		}
	}()
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"clone", func(ctx context.Context) error { return r.clone(ctx, repo) }},
		{"publish the modules to a proxy on disk", r.publish},
		{"use them as a program would", r.consume},
		{"build the archives", r.archives},
	} {
		fmt.Println("==", step.name)
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
	}
	r.print()
	return nil
}
