package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"time"

	"github.com/spf13/cobra"

	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/screen"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/tour"
)

// slowPause is the pause after each scene with --slow.
const slowPause = 4 * time.Second

func newTour(a *app) *cobra.Command {
	var slow bool
	cmd := &cobra.Command{
		Use:   "tour",
		Short: "Show what the library promises, and check it",
		Long: "Show what the library promises, and check it: on a server of its own, with an encrypted keyring in a temporary\n" +
			"directory, and with real processes. It asks nothing, leaves nothing behind and takes a few seconds. It fails if a\n" +
			"check fails.",
		Example: `  demo tour
  demo tour --slow      for an audience
  demo tour --json      the same facts as JSON`,
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.tour(cmd.Context(), slow) },
	}
	cmd.Flags().BoolVar(&slow, "slow", false, "pause after each scene")
	return cmd
}

func (a *app) tour(ctx context.Context, slow bool) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	o := tour.Options{
		Out: a.out, Name: a.name, Style: a.outStyle, Width: screen.Width(a.out, 100), JSON: a.flags.json,
		Command: func(ctx context.Context, args ...string) *exec.Cmd {
			cmd := exec.CommandContext(ctx, self, roleCommand)
			cmd.Args = append(cmd.Args, args...)
			return cmd
		},
	}
	if slow {
		o.Pause = slowPause
	}
	err = tour.Run(ctx, o)
	if errors.Is(err, tour.ErrFailed) {
		return &hinted{err: err, code: exitError, hint: "please report it, with the output above"}
	}
	return err
}
