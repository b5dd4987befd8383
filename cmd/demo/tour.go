package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
)

func newTour(env environment, f *flags) *cobra.Command {
	var slow bool
	cmd := &cobra.Command{
		Use:   "tour",
		Short: "Show every promise and check it",
		Long: "Show every promise and check it, on a server of its own and an encrypted keyring in a temporary directory. It asks\n" +
			"nothing, leaves nothing behind, and fails if a promise does not hold.",
		Args: exactArgs(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runTour(cmd.Context(), env, f.json, slow)
		},
	}
	cmd.Flags().BoolVar(&slow, "slow", false, "pause between the scenes")
	return cmd
}

// claim is one promise, and whether it held.
type claim struct {
	Scene  string `json:"scene"`
	Claim  string `json:"claim"`
	Held   bool   `json:"held"`
	Detail string `json:"detail"`
}

// scene shows some promises.
type scene struct {
	title, story string
	play         func(*stage, context.Context) error
}

// scenes is the tour.
func scenes() []scene {
	return []scene{
		{"Sign in", "A password once; the session goes into an encrypted store, its key into a keyring.", (*stage).signIn},
		{"An expired token", "The server refuses the token. It is refreshed and the POST sent again, body and all.", (*stage).expire},
		{"Fifty at once", "Fifty goroutines are refused at the same moment.", (*stage).fifty},
		{"Four processes", "Four programs share the session, and all of them notice that it has expired.", (*stage).processes},
		{"Trouble", "The token endpoint is down. That is no reason to log anybody out.", (*stage).trouble},
		{"Strangers", "A redirect leads to another origin, which would like to see the token.", (*stage).strangers},
		{"kill -9", "A process that saves all the time is killed in the middle.", (*stage).kill},
		{"Restart", "A new program opens the keyring and goes on, without a login.", (*stage).restart},
		{"The end", "The server ends the session: now, and only now, the user is logged out.", (*stage).end},
	}
}

const pause = 1500 * time.Millisecond

func runTour(ctx context.Context, env environment, asJSON, slow bool) (err error) {
	dir, err := os.MkdirTemp("", "chatelaine-tour-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s, err := newStage(ctx, env, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close(ctx)) }()
	s.quiet = asJSON
	for i, sc := range scenes() {
		s.scene = sc.title
		s.say("\n%s %s\n", s.paint.bold(fmt.Sprintf("%d. %s", i+1, sc.title)), s.paint.dim("— "+sc.story))
		if err := sc.play(s, ctx); err != nil {
			return fmt.Errorf("%s: %w", sc.title, err)
		}
		if slow {
			select {
			case <-time.After(pause):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	return s.conclude(env, asJSON)
}

// conclude prints the table, and fails if a promise did not hold.
func (s *stage) conclude(env environment, asJSON bool) error {
	broken := 0
	s.say("\n%s\n", s.paint.bold("Summary"))
	for _, c := range s.claims {
		if !c.Held {
			broken++
		}
		s.say("  %s %-18s %s\n", s.paint.mark(c.Held), c.Scene, c.Claim)
	}
	if asJSON {
		e := json.NewEncoder(env.stdout)
		e.SetIndent("", "  ")
		if err := e.Encode(s.claims); err != nil {
			return err
		}
	}
	if broken > 0 {
		return &hinted{
			err: fmt.Errorf("%d of %d promises did not hold", broken, len(s.claims)), code: exitError,
			hint: "please report it with the output above",
		}
	}
	s.say("\n%s\n", s.paint.green(fmt.Sprintf("All %d promises held.", len(s.claims))))
	return nil
}
