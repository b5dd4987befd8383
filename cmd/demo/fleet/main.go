// Fleet is `demo fleet` over a real database.
//
//	go run . -processes 16 -postgres postgres://postgres@127.0.0.1:5432/postgres
//	go run . -processes 16 -redis rediss://user:password@redis.example.com:6379/1
//	go run . -processes 16 -nats nats://127.0.0.1:4222
//
// It creates the table, the prefix or the bucket chatelaine_fleet and signs new sessions in.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"time"

	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/fleet"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// role is the first argument of a process of the fleet.
const role = "fleet-role"

func run(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	if len(args) == 2 && args[0] == role {
		return fleet.Work(ctx, in, out, args[1], open)
	}
	c, err := parse(args)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	s, err := start(ctx, c, self)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(out, s.Table()); err != nil {
		return err
	}
	if failures := s.Failures(); len(failures) > 0 {
		return errors.New("the fleet did not hold: " + strings.Join(failures, "; "))
	}
	return ctx.Err()
}

// start runs a fleet of processes of the program at self.
func start(ctx context.Context, c fleet.Config, self string) (fleet.Summary, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	command := func(ctx context.Context, argument string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, self, role, argument)
		cmd.Stderr = os.Stderr
		return cmd
	}
	r, err := fleet.Start(ctx, c, command, open)
	if err != nil {
		return fleet.Summary{}, err
	}
	return r.Wait(ctx, func(fleet.Summary) {}), nil
}

func parse(args []string) (fleet.Config, error) {
	var c fleet.Config
	var postgres, redis, nats string
	f := flag.NewFlagSet("fleet", flag.ContinueOnError)
	f.StringVar(&postgres, "postgres", "", "`URL` of a PostgreSQL database")
	f.StringVar(&redis, "redis", "", "`URL` of a Redis server, or its host:port")
	f.StringVar(&nats, "nats", "", "`URL` of a NATS server with JetStream")
	f.IntVar(&c.Processes, "processes", 16, "`number` of processes")
	f.IntVar(&c.Goroutines, "goroutines", 64, "`number` of goroutines of each process")
	f.IntVar(&c.Sessions, "sessions", 1000, "`number` of sessions")
	f.DurationVar(&c.Duration, "duration", time.Minute, "how `long` it runs")
	f.DurationVar(&c.Pace, "pace", 600*time.Millisecond, "average `time` between two calls of a goroutine")
	f.DurationVar(&c.TokenTTL, "ttl", 30*time.Second, "`lifetime` of an access token")
	f.DurationVar(&c.Delay, "delay", 50*time.Millisecond, "`time` between a rotation and the provider's response")
	f.DurationVar(&c.Grace, "grace", 0, "how `long` the provider accepts a spent token (0: never)")
	f.DurationVar(&c.LeaseTTL, "lease", 15*time.Second, "`lifetime` of a lease")
	f.DurationVar(&c.KillEvery, "kill-every", 0, "kill a process every `interval`")
	f.DurationVar(&c.PauseEvery, "pause-every", 0, "stop a process every `interval`")
	f.DurationVar(&c.Pause, "pause", 8*time.Second, "for how `long` a process is stopped")
	if err := f.Parse(args); err != nil {
		return c, err
	}
	switch {
	case postgres != "" && redis == "" && nats == "":
		c.Store = postgres
	case redis != "" && postgres == "" && nats == "":
		if c.Store = redis; !strings.Contains(redis, "://") {
			c.Store = "redis://" + redis
		}
	case nats != "" && postgres == "" && redis == "":
		c.Store = nats
	default:
		return c, errors.New("one of -postgres, -redis and -nats is needed")
	}
	return c, c.Check()
}
