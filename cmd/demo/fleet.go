package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/fleet"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/screen"
)

// fleetRole is the hidden command that a fleet starts as processes.
const fleetRole = "fleet-role"

func newFleet(a *app) *cobra.Command {
	c := fleet.Config{}
	cmd := &cobra.Command{
		Use:   "fleet",
		Short: "Run many processes on shared sessions, and count the refreshes",
		Long: "Run many processes on sessions that they share through a small HTTP store, against a provider that rotates refresh\n" +
			"tokens and accepts none twice. Kill or stop some of them. The summary is checked: a refresh too many is an error.",
		Example: `  demo fleet -n 16
  demo fleet -n 8 --pause-every 3s --pause 2s    stops processes for less than their lease lasts
  demo fleet -n 8 --kill-every 2s --grace 20s    kills processes; the provider accepts a spent token for 20 s`,
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := c.Check(); err != nil {
				return usage(err, cmd)
			}
			return a.fleet(cmd.Context(), c)
		},
	}
	f := cmd.Flags()
	f.IntVarP(&c.Processes, "processes", "n", 8, "`number` of processes")
	f.IntVar(&c.Goroutines, "goroutines", 8, "`number` of goroutines of each process")
	f.IntVar(&c.Sessions, "sessions", 20, "`number` of sessions")
	f.DurationVar(&c.Duration, "duration", 10*time.Second, "how `long` it runs")
	f.DurationVar(&c.Pace, "pace", 100*time.Millisecond, "average `time` between two calls of a goroutine")
	f.DurationVar(&c.TokenTTL, "ttl", 3*time.Second, "`lifetime` of an access token")
	f.DurationVar(&c.Delay, "delay", 50*time.Millisecond, "`time` between a rotation and the provider's response")
	f.DurationVar(&c.Grace, "grace", 0, "how `long` the provider accepts a spent token (0: never)")
	f.DurationVar(&c.LeaseTTL, "lease", 5*time.Second, "`lifetime` of a lease")
	f.DurationVar(&c.KillEvery, "kill-every", 0, "kill a process every `interval`")
	f.DurationVar(&c.PauseEvery, "pause-every", 0, "stop a process every `interval`")
	f.DurationVar(&c.Pause, "pause", time.Second, "for how `long` a process is stopped")
	return cmd
}

// fleet runs a fleet and checks its summary.
func (a *app) fleet(ctx context.Context, c fleet.Config) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	command := func(ctx context.Context, argument string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, self, fleetRole, argument)
		cmd.Stderr = a.err
		return cmd
	}
	run, err := fleet.Start(ctx, c, command, fleet.OpenHTTP)
	if err != nil {
		return err
	}
	summary := run.Wait(ctx, a.liveTable())
	if a.flags.json {
		err = a.printJSON(summary)
	} else {
		err = a.print(summary.Table())
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if failures := summary.Failures(); len(failures) > 0 {
		return errors.Join(err, fmt.Errorf("the fleet did not hold: %s", strings.Join(failures, "; ")))
	}
	return err
}

// liveTable returns a function that draws the summary in place, on a terminal.
func (a *app) liveTable() func(fleet.Summary) {
	if !screen.IsTerminal(a.err) || a.getenv("TERM") == "dumb" || a.flags.json {
		return func(fleet.Summary) {}
	}
	return func(s fleet.Summary) {
		table := s.Table()
		_, _ = fmt.Fprintf(a.err, "\x1b[J%s\x1b[%dA\r", table, strings.Count(table, "\n"))
	}
}

func newFleetRole(a *app) *cobra.Command {
	return &cobra.Command{
		Use:    fleetRole + " JOB",
		Short:  "Run as a process of a fleet",
		Hidden: true,
		Args:   arguments("JOB"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return fleet.Work(cmd.Context(), a.in, a.out, args[0], fleet.OpenHTTP)
		},
	}
}
