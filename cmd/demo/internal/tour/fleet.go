package tour

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/fleet"
)

const (
	fleetSize     = 8
	fleetSessions = 12
	fleetRounds   = 2 // refreshes of each session, on average
)

// fleet lets processes share sessions through a store that they reach over HTTP, as machines do.
// How long it takes is up to the machine; it ends when enough has been refreshed.
func (r *runner) fleet(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	command := func(ctx context.Context, job string) *exec.Cmd { return r.Command(ctx, roleMember, r.dir, job) }
	run, err := fleet.Start(ctx, fleet.Config{
		Processes: fleetSize, Goroutines: 4, Sessions: fleetSessions, Duration: time.Minute, Pace: 40 * time.Millisecond,
		TokenTTL: time.Second, Delay: 50 * time.Millisecond, LeaseTTL: 30 * time.Second,
	}, command, fleet.OpenHTTP)
	if err != nil {
		return err
	}
	working, enough := context.WithCancel(ctx)
	defer enough()
	s := run.Wait(working, func(s fleet.Summary) {
		if s.Refreshes >= fleetRounds*fleetSessions && s.Busy() == fleetSize {
			enough()
		}
	})
	if err := errors.Join(ctx.Err(), errors.Join(problems(s)...)); err != nil {
		return err
	}
	r.members(s)
	r.check("no call failed", s.Total.Errors == 0 && s.Total.Calls > 0, "%s", count(s.Total.Calls, "call"))
	r.check("each refresh was made by one process", int64(s.Total.Refreshes) == s.Refreshes && s.Refreshes > 0,
		"%d at the provider, %d counted by processes", s.Refreshes, s.Total.Refreshes)
	r.check("no refresh token was used twice", s.Reuses == 0, "%s", count(int(s.Reuses), "reuse"))
	r.check("every session is alive", s.Alive == s.Sessions, "%d of %d", s.Alive, s.Sessions)
	return nil
}

func problems(s fleet.Summary) (all []error) {
	for _, p := range s.Problems {
		all = append(all, errors.New(p))
	}
	return all
}

// members draws what each process did.
func (r *runner) members(s fleet.Summary) {
	most := 1
	for i := range s.Members {
		most = max(most, s.Members[i].Refreshes)
	}
	cells := max(4, min(40, r.Width-40))
	for i := range s.Members {
		m := &s.Members[i]
		bar := r.Style.Magenta(strings.Repeat("━", (m.Refreshes*cells+most-1)/most))
		line := fmt.Sprintf("  %s   %5d calls  %3d × refresh  %s", r.Style.Bold(string(rune('A'+i))), m.Calls, m.Refreshes, bar)
		r.say("%s\n", strings.TrimRight(line, " "))
	}
	r.say("\n")
}
