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

// slowly is the pause between two scenes.
const slowly = 4 * time.Second

func newTour(a *app) *cobra.Command {
	var slow bool
	cmd := &cobra.Command{
		Use:   "tour",
		Short: "Show every promise and check it",
		Long: "Show every promise and check it, on a server of its own, an encrypted keyring in a temporary directory, and real\n" +
			"processes. It asks nothing, leaves nothing behind, takes a few seconds, and fails if a promise does not hold.",
		Example: `  demo tour
  demo tour --slow      for an audience
  demo tour --json      the same facts`,
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
		Again: func(ctx context.Context, args ...string) *exec.Cmd {
			cmd := exec.CommandContext(ctx, self, roleCommand)
			cmd.Args = append(cmd.Args, args...)
			return cmd
		},
	}
	if slow {
		o.Pause = slowly
	}
	err = tour.Run(ctx, o)
	if errors.Is(err, tour.ErrBroken) {
		return &hinted{err: err, code: exitError, hint: "please report it, with what is printed above"}
	}
	return err
}
