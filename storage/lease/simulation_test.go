package lease_test

import (
	"flag"
	"testing"
	"testing/synctest"
	"time"
)

// How large the simulation is. Sessions do not depend on one another, so they may be spread over
// several worlds, each with all the machines: the counts of the worlds add up to those of a single
// one, as long as a machine reaches no limit that its sessions share. The simulated ones have none.
var (
	simMachines = flag.Int("simulation.machines", 20, "how many machines")
	simSessions = flag.Int("simulation.sessions", 200, "how many sessions, each on every machine")
	simWorlds   = flag.Int("simulation.worlds", 1, "over how many worlds the sessions are spread")
	simTime     = flag.Duration("simulation.time", time.Hour, "virtual time")
)

// The load. A user looks at a page, which makes a few calls at about the same time, and a balancer
// sends each of them to any machine.
var (
	simEvery  = flag.Duration("simulation.every", 5*time.Minute, "time between two looks of a user, on average")
	simCalls  = flag.Int("simulation.calls", 5, "how many calls a look makes")
	simWithin = flag.Duration("simulation.within", 200*time.Millisecond, "how long the calls of a look take to come")
)

// TestSimulation runs the code of auth and lease on many machines in virtual time. Now and then a
// machine's connection fails or hangs for less than its lease lasts, or a response is lost. Nothing
// that is spent is spent again.
func TestSimulation(t *testing.T) {
	t.Parallel()
	worlds := make([]*figures, *simWorlds)
	for i := range worlds {
		sessions := *simSessions*(i+1)/len(worlds) - *simSessions*i/len(worlds)
		synctest.Test(t, func(t *testing.T) { worlds[i] = simulate(t, sessions) })
	}
	total := worlds[0]
	for _, f := range worlds[1:] {
		total.merge(f)
	}
	if n := total.perRefresh(total.stats.Updates); n > 1.3 {
		t.Errorf("%.2f updates for each refresh, want at most 1.3", n)
	}
	t.Logf("%d machines, %d sessions, %v: %v", *simMachines, *simSessions, *simTime, total)
}

// simulate runs a world in a bubble of package synctest.
func simulate(t *testing.T, sessions int) *figures {
	t.Helper()
	w := newWorld(t, *simMachines, *simTime)
	w.run(t, sessions)
	f, p := w.figures, w.provider
	f.refreshes, f.reuses, f.sessions = p.refreshes, p.reuses, len(p.current)
	if f.reuses != 0 || int(f.rotated.Load()) != f.refreshes || f.refreshes == 0 || f.sessions != sessions {
		t.Errorf("%v; want as many refreshes here and there, no reuses, %d sessions alive", f, sessions)
	}
	return f
}
